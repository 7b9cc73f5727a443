import type { IncomingCall } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { isLocalCall } from './local-calls.js'
import { readHeaders } from './read-headers.js'

function isLocal(headers: readonly string[], remoteAddress = '127.0.0.1'): boolean {
  const call = { remoteAddress, headers } as IncomingCall
  return isLocalCall(call, readHeaders(headers))
}

describe('a call without a key', () => {
  it.each([
    ['127.0.0.1', 'localhost:3003'],
    ['::1', '[::1]:3003'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['127.8.8.8', 'LOCALHOST'],
  ])('is of this machine when it comes from %s for %s', (address, host) => {
    expect(isLocal(['Host', host], address)).toBe(true)
  })

  it.each<[string, readonly string[], string?]>([
    ['from elsewhere', ['Host', 'localhost:3003'], '192.0.2.1'],
    ['from an address that looks like it', ['Host', 'localhost:3003'], '127.0.0.1.example'],
    ['for a name that leads here', ['Host', 'rebound.example:3003']],
    ['for a name that begins like it', ['Host', 'localhost.example']],
    ['without a host', []],
    ['of a page', ['Host', 'localhost:3003', 'Origin', 'http://localhost:3003']],
    ['of a page’s image', ['Host', 'localhost:3003', 'Sec-Fetch-Site', 'cross-site']],
    ['through a proxy', ['Host', 'localhost:3003', 'X-Forwarded-For', '127.0.0.1']],
    ['through a proxy that says so otherwise', ['Host', 'localhost:3003', 'Via', '1.1 x']],
  ])('is not when it comes %s', (_, headers, address) => {
    expect(isLocal(headers, address)).toBe(false)
  })
})
