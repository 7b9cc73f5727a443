import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { json, neverEnds, sequence, status } from './answers.js'
import { rawRequest } from './raw-request.js'
import { startUpstream, type Upstream } from './start-upstream.js'

let upstream: Upstream
afterEach(() => upstream.stop())

async function start(): Promise<string> {
  upstream = await startUpstream()
  return `http://127.0.0.1:${upstream.port}`
}

describe('a recording upstream', () => {
  it('records a request as it stood on the wire', async () => {
    const url = await start()
    const headers = ['Host', 'own.example', 'X-Twice', '1', 'x-twice', '2', 'Content-Length', '2']
    const answer = await rawRequest(`${url}/a%2Fb?q=%20`, { method: 'POST', headers, body: '{}' })

    expect(answer.json()).toEqual({ method: 'POST', url: '/a%2Fb?q=%20' })
    const seen = upstream.only()
    expect(seen.rawHeaders.slice(0, 8)).toEqual(headers)
    expect(seen.values('X-TWICE')).toEqual(['1', '2'])
    expect([seen.body.toString(), seen.bodyLength]).toEqual(['{}', 2])
  })

  it('gets the body of a DELETE, whose length the sender did not give', async () => {
    const url = await start()
    await rawRequest(url, { method: 'DELETE', body: 'gone' })
    await rawRequest(url, { method: 'DELETE', headers: ['Host', 'own.example'], body: 'gone too' })
    expect(upstream.requests.map((request) => request.body.toString())).toEqual(['gone', 'gone too'])
  })

  it('keeps the first mebibyte of a body, and counts and digests all of it', async () => {
    const url = await start()
    const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(64 * 1024, index))
    await rawRequest(`${url}/large`, { method: 'PUT', body: chunks })

    const seen = upstream.only()
    expect([seen.body.length, seen.bodyLength]).toEqual([1024 * 1024, 40 * 64 * 1024])
    expect(seen.bodyDigest).toBe(createHash('sha256').update(Buffer.concat(chunks)).digest('hex'))
  })

  it('answers a path in turn', async () => {
    const url = await start()
    upstream.answer('/turns', sequence(status(429, { 'retry-after': '1' }), json({ ok: true })))
    const answers = [await rawRequest(`${url}/turns?1`), await rawRequest(`${url}/turns?2`)]
    expect(answers.map((answer) => answer.status)).toEqual([429, 200])
  })

  it('tells when there was not exactly one request', async () => {
    const url = await start()
    expect(() => upstream.only()).toThrow('there were 0')
    await rawRequest(url)
    expect(upstream.only().url).toBe('/')
    await rawRequest(url)
    expect(() => upstream.only()).toThrow('there were 2')
  })

  it('stops although a request still waits', async () => {
    const url = await start()
    upstream.answer('/waits', neverEnds())
    const waiting = rawRequest(`${url}/waits`)
    while (upstream.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([expect(waiting).rejects.toThrow('socket hang up'), upstream.stop()])
    upstream = await startUpstream()
  })
})
