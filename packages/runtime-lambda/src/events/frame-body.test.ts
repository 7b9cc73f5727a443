import { checkRequest, defaultHeadLimits, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { frameBody } from './frame-body.js'

function framed(given: readonly string[], bytes: number): unknown {
  const rawHeaders = ['host', 'h', ...given]
  try {
    const framing = checkRequest({ method: 'POST', target: '/', httpVersion: '1.1', rawHeaders }, defaultHeadLimits)
    return frameBody(rawHeaders, framing, bytes).slice(2)
  } catch (error) {
    return error instanceof ProxyError ? error.code : error
  }
}

describe('the framing of a body', () => {
  it.each([
    ['of no length stays', [], 0, []],
    ['of the declared length stays', ['content-length', '5'], 5, ['content-length', '5']],
    ['of a declared length of zero stays', ['content-length', '0'], 0, ['content-length', '0']],
    ['that was never declared is', [], 5, ['content-length', '5']],
    ['that came in chunks is a length', ['transfer-encoding', 'chunked'], 5, ['content-length', '5']],
    ['of no chunks is none', ['transfer-encoding', 'chunked'], 0, []],
    ['that is shorter than declared is refused', ['content-length', '6'], 5, 'invalid_request'],
    ['that is longer than declared is refused', ['content-length', '4'], 5, 'invalid_request'],
    ['that was declared to be empty is refused', ['content-length', '0'], 5, 'invalid_request'],
    ['that is missing is refused', ['content-length', '5'], 0, 'invalid_request'],
  ])('%s', (_name, headers, bytes, wanted) => {
    expect(framed(headers, bytes)).toEqual(wanted)
  })
})
