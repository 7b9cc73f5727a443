import { limitKey } from '@proxy/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefused, type PropertyBench, runs, startPropertyBench } from './property-bench.js'
import { project, type Town, user } from './town.js'
import { exchange, readAnswer, valuesOf } from './wire.js'

let bench: PropertyBench
let town: Town

beforeAll(async () => {
  bench = await startPropertyBench()
  town = bench.town
})

afterAll(() => bench.stop())

describe('whatever headers are sent', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/),
    fc.constantFrom(
      'Accept',
      'User-Agent',
      'X-Api-Key',
      'Authorization',
      'Content-Type',
      'Cookie',
      'Host',
      'content-length',
      'Via',
      'proxy-x',
      'Sec-Y',
      'TE',
    ),
  ) // prettier-ignore
  const value = fc.stringMatching(/^([!-~é\u00ff]([!-~ \t\u0080-\u00ff]{0,20}[!-~])?)?$/)
  const header = fc.tuple(fc.constantFrom('x-pd-proxy-', 'X-Pd-Proxy-', 'X-PD-PROXY-', ''), name, value)
  const restricted =
    /^(accept-encoding|access-control-request-(headers|method)|connection|content-length|cookie|date|dnt|expect|host|keep-alive|origin|permissions-policy|referer|te|trailer|transfer-encoding|upgrade|via|proxy-.*|sec-.*)$/i
  /** Those of the names above that may stand once. */
  const single = /^(user-agent|authorization|content-type)$/i
  /** Names that mean something to the parser, or to this server, when they stand without the prefix. */
  const outer =
    /^(host|content-length|transfer-encoding|connection|upgrade|expect|te|trailer|authorization|via|origin|keep-alive|proxy-connection|x-pd-.*|content-type|traceparent)$/i

  it('those with the prefix arrive without it, in order, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(header, { maxLength: 6 }), async (given) => {
        const list = given.filter(([prefix, bare]) => prefix !== '' || !outer.test(bare))
        const sent = await bench.send(
          town.path('header', '/x'),
          list.flatMap(([prefix, bare, text]) => [prefix + bare, text]),
        )
        const forwarded = list.filter(([prefix]) => prefix !== '')
        if (forwarded.some(([, bare]) => restricted.test(bare))) return expectRefused(sent, 'unsupported_header')
        const singles = forwarded.map(([, bare]) => bare.toLowerCase()).filter((bare) => single.test(bare))
        if (new Set(singles).size < singles.length) return expectRefused(sent, 'invalid_request')
        const head = sent.head ?? ''
        for (const [, bare] of list) {
          if (/^(x-api-key|content-type)$/i.test(bare)) continue
          const wanted = forwarded.filter(([, other]) => other.toLowerCase() === bare.toLowerCase())
          const ours = /^(accept|user-agent)$/i.test(bare) && wanted.length === 0
          if (!ours) expect(valuesOf(head, bare)).toEqual(wanted.map(([, , text]) => text))
        }
        expect(valuesOf(head, 'x-api-key')).toEqual([town.credentials.header])
      }),
      runs(300),
    )
  })
})

describe('whatever names an account', () => {
  it('is found, not found or refused, and never another', async () => {
    const id = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        'apn_header',
        'APN_HEADER',
        'apn_header ',
        ' apn_header',
        'apn_header\u0000',
        '__proto__',
        'constructor',
        user,
      ),
    ) // prettier-ignore
    const target = Buffer.from('/x').toString('base64url')
    await fc.assert(
      fc.asyncProperty(id, id, async (account, owner) => {
        const query = `external_user_id=${encode(owner)}&account_id=${encode(account)}`
        const sent = await bench.send(`/v1/connect/${project}/proxy/${target}?${query}`)
        const isIt = account === 'apn_header' && owner === user
        expect([isIt ? 200 : 404, isIt ? 200 : 400]).toContain(sent.answer.status)
      }),
      runs(200),
    )
  })

  function encode(text: string): string {
    return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
  }

  it('makes a key that no other tuple makes', () => {
    const part = fc.oneof(fc.string(), fc.stringMatching(/^[0-9:,]{0,6}$/))
    const tuple = fc.array(part, { maxLength: 5 })
    fc.assert(
      fc.property(tuple, tuple, (one, other) => {
        expect(limitKey(one) === limitKey(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      runs(5_000),
    )
    expect(limitKey(['a', 'b'])).not.toBe(limitKey(['a1:b']))
    expect(limitKey(['', '1:a'])).not.toBe(limitKey(['1:a', '']))
  })
})

describe('whatever bytes come', () => {
  it('are one request or a refusal, and the server lives on', async () => {
    const request = `GET ${town.path('header', '/x')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${town.key}\r\nX-Pd-Proxy-X-A: b\r\nConnection: close\r\n\r\n`
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        '\r\n',
        '\n',
        '\r',
        ' ',
        '\t',
        ':',
        '\u0000',
        '\u00ff',
        'Host: y\r\n',
        'Content-Length: 5\r\n',
        'Transfer-Encoding: chunked\r\n',
        '\r\n\r\n',
        'HTTP/1.1',
        '/',
        '\u0001',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 4 }),
    ) // prettier-ignore
    const edit = fc.tuple(fc.nat(request.length - 1), fc.nat(4), piece)
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
        const before = bench.heads.length
        const changed = edits.reduce(
          (text, [place, removed, added]) => text.slice(0, place) + added + text.slice(place + removed),
          request,
        )
        // Whatever a change left open is ended here, so that nobody waits for more.
        const received = await exchange(town.server.port, `${changed}\r\n\r\nx\r\n\r\nGET / HTTP/1.1\r\n: \r\n\r\n`)
        const answer = readAnswer(received)
        expect([200, 400, 401, 404, 405, 409, 413, 414, 417, 431, 429, 501], JSON.stringify(changed)).toContain(
          answer.status,
        )
        const seen = bench.heads.length - before
        expect(seen).toBeLessThanOrEqual(1)
        if (answer.status === 200) expect(valuesOf(bench.heads.at(-1) ?? '', 'x-api-key')).toHaveLength(1)
      }),
      runs(300),
    )
    expect((await bench.send(town.path('header', '/x'))).answer.status).toBe(200)
    expect(town.server.logs()).not.toContain('internal_error')
  })
})
