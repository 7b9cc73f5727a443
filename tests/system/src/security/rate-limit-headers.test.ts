import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { startTown, type Town } from './town.js'

let upstream: RawUpstream
let town: Town

beforeAll(async () => {
  upstream = await startRawUpstream()
  town = await startTown({
    upstreamPort: upstream.port,
    config: {
      network: { allowPrivate: [`127.0.0.1:${upstream.port}`] },
      limits: { project: { requests: 1_000, window: '60s' } },
    },
  })
})

afterAll(async () => {
  await town.server.stop()
  await upstream.stop()
})

/** The limit headers of an answer, by name; a name that stands twice has both values. */
async function limitsOf(status: string, lines: readonly string[], target = '/x'): Promise<Record<string, string>> {
  const head = [`HTTP/1.1 ${status}`, 'content-length: 2', 'connection: close', ...lines]
  upstream.script = (socket) => socket.end(`${head.join('\r\n')}\r\n\r\nok`)
  const { rawHeaders } = await town.call('header', target)
  const found: Record<string, string> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    if (!/^(x-)?ratelimit/.test(name)) continue
    found[name] = [found[name], rawHeaders[index + 1]].filter((text) => text !== undefined).join(' and ')
  }
  return found
}

const usual = {
  'x-ratelimit-limit': '1000',
  'x-ratelimit-remaining': expect.stringMatching(/^9\d\d$/),
  'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
}

describe('the figures of the limit that is nearest', () => {
  it.each(['200 OK', '404 Not Found', '500 Oh', '429 Slow'])('stand on an upstream’s %s', async (status) => {
    expect(await limitsOf(status, ['x-kept: 1'])).toEqual(usual)
  })

  it('stand on refusals that come behind the count', async () => {
    expect(await limitsOf('200 OK', [], 'https://elsewhere.example.com/')).toEqual(usual)
    expect(await limitsOf('2oo OK', [])).toEqual(usual)
  })

  it('stand under the names of the draft when the vendor has its own, and alone there', async () => {
    const vendor = ['X-RateLimit-Limit: 7', 'x-ratelimit-Remaining: 3', 'X-RateLimit-Used: 4']
    const expected = {
      'x-ratelimit-limit': '7',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-used': '4',
      'ratelimit-policy': '"default";q=1000;w=60',
      ratelimit: expect.stringMatching(/^"default";r=9\d\d;t=\d+$/),
    }
    expect(await limitsOf('200 OK', vendor)).toEqual(expected)
    expect(await limitsOf('200 OK', ['RateLimit: theirs', ...vendor, 'RateLimit-Policy: theirs'])).toEqual(expected)
  })

  it('leave the vendor those of the draft when it has nothing else', async () => {
    const expected = { ...usual, ratelimit: 'theirs', 'ratelimit-policy': 'theirs' }
    expect(await limitsOf('200 OK', ['RateLimit: theirs', 'RateLimit-Policy: theirs'])).toEqual(expected)
  })
})
