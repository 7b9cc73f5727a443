import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProxyError } from './errors.js'
import {
  addQueryPairs,
  appendQuery,
  isFullUrl,
  joinTarget,
  parseTarget,
  removeQuery,
  removeQueryText,
  type Target,
} from './target.js'

function outcome(resolve: () => Target): string {
  try {
    const target = resolve()
    return target.origin + target.path
  } catch (error) {
    return error instanceof ProxyError ? error.code : String(error)
  }
}

const label63 = 'a'.repeat(63)
const host253 = `${`${label63}.`.repeat(3)}${'b'.repeat(57)}.com`

describe('a full URL', () => {
  const passed: readonly [string, string][] = [
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://api.example.com/', 'https://api.example.com/'],
    ['HTTPS://API.Example.COM/Path', 'https://api.example.com/Path'],
    ['http://api.example.com/x', 'http://api.example.com/x'],
    ['https://api.example.com:443/x', 'https://api.example.com/x'],
    ['http://api.example.com:80/x', 'http://api.example.com/x'],
    ['https://api.example.com:80/x', 'https://api.example.com:80/x'],
    ['https://api.example.com:8443/x', 'https://api.example.com:8443/x'],
    ['https://api.example.com:65535/', 'https://api.example.com:65535/'],
    ['https://api.example.com?x=1', 'https://api.example.com/?x=1'],
    ['https://api.example.com/a#b', 'https://api.example.com/a'],
    ['https://api.example.com#@evil.example', 'https://api.example.com/'],
    ['https://api.example.com/@evil.example', 'https://api.example.com/@evil.example'],
    ['https://api.example.com?@evil.example', 'https://api.example.com/?@evil.example'],
    ['https://xn--mnchen-3ya.example', 'https://xn--mnchen-3ya.example/'],
    ['https://r3---sn-x.example.com/', 'https://r3---sn-x.example.com/'],
    ['https://1password.example.com/', 'https://1password.example.com/'],
    [`https://${label63}.com/`, `https://${label63}.com/`],
    [`https://${host253}/`, `https://${host253}/`],
    ['https://192.0.2.1/', 'https://192.0.2.1/'],
    ['http://127.0.0.1:4010/x', 'http://127.0.0.1:4010/x'],
    ['http://[::1]:4010/x', 'http://[::1]:4010/x'],
    ['http://[FE80::1]/x', 'http://[fe80::1]/x'],
    ['https://localhost/', 'https://localhost/'],
  ]
  it.each(passed)('passes %j as %s', (url, expected) => {
    expect(outcome(() => parseTarget(url))).toBe(expected)
  })

  const refused: readonly [string, string][] = [
    ['userinfo', 'https://user@api.example.com/'],
    ['userinfo with password', 'https://user:pass@api.example.com/'],
    ['empty userinfo', 'https://@api.example.com/'],
    ['an allowed host as userinfo', 'https://api.example.com@evil.example/'],
    ['an allowed host as user and port', 'https://api.example.com:443@evil.example/'],
    ['a backslash after the host', 'https://api.example.com\\@evil.example/'],
    ['backslashes for slashes', 'https:\\\\api.example.com/'],
    ['a backslash in the path', 'https://api.example.com/a\\b'],
    ['a backslash in the query', 'https://api.example.com/?a\\b'],
    ['a tab in the scheme', 'ht\ttps://api.example.com/'],
    ['a tab in the host', 'https://api.exa\tmple.com/'],
    ['a newline in the host', 'https://api.example.com\n.evil.example/'],
    ['a tab in the path', 'https://api.example.com/a\tb'],
    ['a newline at the end', 'https://api.example.com/\n'],
    ['a NUL in the path', 'https://api.example.com/a\0'],
    ['a DEL in the path', 'https://api.example.com/a\x7f'],
    ['a lone surrogate in the path', 'https://api.example.com/\ud800'],
    ['a space before', ' https://api.example.com/'],
    ['a space in the host', 'https://api.example.com /'],
    ['a percent sign in the host', 'https://api%2eexample.com/'],
    ['a percent-encoded NUL in the host', 'https://api.example.com%00.evil.example/'],
    ['a trailing dot', 'https://api.example.com./'],
    ['only a dot', 'https://./'],
    ['an empty label', 'https://api..example.com/'],
    ['a leading dot', 'https://.example.com/'],
    ['a semicolon in the host', 'https://api.example.com;evil.example/'],
    ['a comma in the host', 'https://api.example.com,evil.example/'],
    ['a quote in the host', 'https://api.example.com"/'],
    ['a star in the host', 'https://*.example.com/'],
    ['an underscore in the host', 'https://my_api.example.com/'],
    ['an ampersand in the host', 'https://api&x.example.com/'],
    ['an exclamation mark in the host', 'https://api!.example.com/'],
    ['braces in the host', 'https://{{x}}.example.com/'],
    ['full-width letters', 'https://\uff41pi.example.com/'],
    ['a full-width dot', 'https://api\uff0eexample.com/'],
    ['an ideographic full stop', 'https://api\u3002example.com/'],
    ['a full-width slash', 'https://evil.example\uff0f.example.com/'],
    ['a care-of sign', 'https://evil.c\u2100.example.com/'],
    ['the Kelvin sign', 'https://api.\u212aexample.com/'],
    ['the long s', 'https://api.example\u017f.com/'],
    ['the long s in the scheme', 'http\u017f://api.example.com/'],
    ['a combining character', 'https://ap\u0131\u0307.example.com/'],
    ['a soft hyphen', 'https://api\u00ad.example.com/'],
    ['a zero-width space', 'https://api\u200b.example.com/'],
    ['an international name', 'https://m\u00fcnchen.example/'],
    ['punycode that is none', 'https://xn--a.example/'],
    ['punycode of ASCII', 'https://xn--api-.example/'],
    ['a label of 64', `https://${'a'.repeat(64)}.com/`],
    ['a host of 254', `https://${host253.replace('.com', 'b.com')}/`],
    ['a leading hyphen', 'https://-api.example.com/'],
    ['a trailing hyphen', 'https://api-.example.com/'],
    ['a short IPv4', 'https://127.1/'],
    ['a decimal IPv4', 'https://2130706433/'],
    ['a hexadecimal IPv4', 'https://0x7f.1/'],
    ['a hexadecimal IPv4 in one', 'https://0x7f000001/'],
    ['an octal IPv4', 'https://0177.0.0.1/'],
    ['an IPv4 with a zero before', 'https://127.0.0.01/'],
    ['an IPv4 that is too large', 'https://256.0.0.1/'],
    ['five numbers', 'https://1.2.3.4.5/'],
    ['a number as last label', 'https://api.example.1/'],
    ['a hexadecimal last label', 'https://api.example.0x1/'],
    ['an IPv6 in long form', 'https://[0:0:0:0:0:0:0:1]/'],
    ['an IPv6 with an IPv4 tail', 'https://[::ffff:127.0.0.1]/'],
    ['an IPv6 with a zone', 'https://[fe80::1%25eth0]/'],
    ['an IPv6 without brackets', 'https://::1/'],
    ['an IPv6 that is none', 'https://[:::]/'],
    ['an empty port', 'https://api.example.com:/'],
    ['port 0', 'https://api.example.com:0/'],
    ['a port with a zero before', 'https://api.example.com:0443/'],
    ['a port too large', 'https://api.example.com:65536/'],
    ['a port of letters', 'https://api.example.com:https/'],
    ['two ports', 'https://api.example.com:443:443/'],
    ['a full-width port', 'https://api.example.com:\uff14\uff14\uff13/'],
    ['no host', 'https:///x'],
    ['no slashes', 'https:api.example.com/'],
    ['one slash', 'https:/api.example.com/'],
    ['three slashes', 'https:///api.example.com/'],
    ['another scheme', 'ftp://api.example.com/'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['no scheme', 'api.example.com/x'],
    ['a scheme-relative URL', '//api.example.com/x'],
    ['nothing', ''],
  ]
  it.each(refused)('refuses %s', (_, url) => {
    expect(outcome(() => parseTarget(url))).toBe('invalid_url')
  })

  it('keeps the bytes of path and query, and encodes spaces and non-ASCII alone', () => {
    const kept = `/a%2Fb/%2e%2e/../%zz//'"<>^\`{|}[]!$&()*+,;=:@~?x[]=1&y=%20+;"<>'{}|^\`/../?`
    expect(parseTarget(`https://api.example.com${kept}`).path).toBe(kept)
    expect(parseTarget('https://api.example.com/a b/\u00e9\u{1f600}?q=\u4e2d \u00e9').path).toBe(
      '/a%20b/%C3%A9%F0%9F%98%80?q=%E4%B8%AD%20%C3%A9',
    )
  })

  it('names host, port and origin as they will be used', () => {
    expect(parseTarget('http://API.example.com:8080/x')).toEqual({
      protocol: 'http:',
      hostname: 'api.example.com',
      port: 8080,
      host: 'api.example.com:8080',
      origin: 'http://api.example.com:8080',
      path: '/x',
    })
  })

  it('takes time that grows with the length alone', () => {
    const hostile = [
      `https://${'a-'.repeat(50_000)}.com!`,
      `https://${'a.'.repeat(50_000)}!`,
      `https://a/${'\u00e9'.repeat(50_000)}\\`,
    ]
    const started = performance.now()
    for (const url of hostile) expect(outcome(() => parseTarget(url))).toBe('invalid_url')
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

it('what is remembered of a URL is its origin, not the rest', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  for (let count = 0; count < 500; count += 1) {
    parseTarget(`https://bucket-${count}.storage.example.com/${'x'.repeat(100_000)}?token=${count}`)
  }
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000)
})

describe('a relative path', () => {
  const root = parseTarget('https://api.example.com')
  const prefixed = parseTarget('https://api.example.com/v1/tenant/')

  const passed: readonly [string, string][] = [
    ['/', '/v1/tenant/'],
    ['/items', '/v1/tenant/items'],
    ['/items?x=1', '/v1/tenant/items?x=1'],
    ['/?x=1', '/v1/tenant/?x=1'],
    ['/a%2Fb', '/v1/tenant/a%2Fb'],
    ['/..%2fx', '/v1/tenant/..%2fx'],
    ['/%2e%2e%2fx', '/v1/tenant/%2e%2e%2fx'],
    ['/a/../b', '/v1/tenant/a/../b'],
    ['/a/%2e%2e/b', '/v1/tenant/a/%2e%2e/b'],
    ['/./a', '/v1/tenant/./a'],
    ['/...', '/v1/tenant/...'],
    ['/a..b/..c', '/v1/tenant/a..b/..c'],
    ['/x?next=/../../y', '/v1/tenant/x?next=/../../y'],
    ['/a//b', '/v1/tenant/a//b'],
    ['/https://evil.example/', '/v1/tenant/https://evil.example/'],
    ['/@evil.example', '/v1/tenant/@evil.example'],
    ['/:8080', '/v1/tenant/:8080'],
    ['/a b', '/v1/tenant/a%20b'],
    ['/\u00e9', '/v1/tenant/%C3%A9'],
    ['/%5cevil.example', '/v1/tenant/%5cevil.example'],
    ['/%0d%0aset-cookie:x', '/v1/tenant/%0d%0aset-cookie:x'],
  ]
  it.each(passed)('joins %j below the base', (path, expected) => {
    expect(outcome(() => joinTarget(prefixed, path))).toBe(`https://api.example.com${expected}`)
  })

  const refused = [
    ...['', 'items', './items', '../items', '?x=1', '#x', 'https://evil.example/', '//evil.example', '///evil.example'],
    ...['/\\evil.example', '\\evil.example', '\\\\evil.example', '/a\\b', '/a?b\\c', '/a#b', '/#'],
    ...['/\tevil.example', '/\t/evil.example', '/a\nb', '/a\0', '/a\x7f', '/\ud800', ' /a', '\t//evil.example'],
  ]
  it.each(refused)('refuses %j', (path) => {
    expect(outcome(() => joinTarget(root, path))).toBe('invalid_url')
    expect(outcome(() => joinTarget(prefixed, path))).toBe('invalid_url')
  })

  const climbing = [
    ...['/..', '/../x', '/../v1/tenant/x', '/a/../../x', '/./../x', '/a//../../x', '/..?x'],
    ...['/%2e%2e', '/%2E%2E/x', '/.%2e/x', '/%2e./x', '/a/%2e%2e/%2E./x', '/%2e/../x'],
  ]
  it.each(climbing)(
    'refuses %j where it would leave the base path, and sends it as it is where there is none',
    (path) => {
      expect(outcome(() => joinTarget(prefixed, path))).toBe('invalid_url')
      expect(outcome(() => joinTarget(root, path))).toBe(`https://api.example.com${path}`)
    },
  )

  it('is told from a full URL by the scheme alone', () => {
    expect(['https://a', 'HTTP://a', 'javascript:x', 'a+b.c-1:x'].map(isFullUrl)).toEqual([true, true, true, true])
    expect(['/a:b', '//a', 'a/b:c', ' https://a', '', ':x', '1a:x'].map(isFullUrl)).toEqual(Array(7).fill(false))
  })
})

describe('query parameters', () => {
  const target = parseTarget('https://api.example.com/a?x=1&api_key=mine&y[]=2&y[]=3')

  it('are appended behind the target\u2019s own, byte for byte', () => {
    expect(appendQuery(target, 'z=%2F&w=a b').path).toBe('/a?x=1&api_key=mine&y[]=2&y[]=3&z=%2F&w=a%20b')
    expect(appendQuery(parseTarget('https://a.example/b'), 'z=1').path).toBe('/b?z=1')
    expect(appendQuery(parseTarget('https://a.example/b?'), 'z=1').path).toBe('/b?z=1')
    expect(appendQuery(parseTarget('https://a.example/b?x=1&'), 'z=1').path).toBe('/b?x=1&z=1')
    // The bytes of UTF-8 on a request line, as Node reads them.
    expect(appendQuery(parseTarget('https://a.example/b'), Buffer.from('q=\u00c0\u20ac').toString('latin1')).path).toBe(
      '/b?q=%C3%80%E2%82%AC',
    )
    expect(appendQuery(target, '')).toBe(target)
  })

  it.each(['a#b', 'a\\b', 'a\nb', 'a\x7f', 'a\ud800'])('are refused when they hold %j', (query) => {
    expect(outcome(() => appendQuery(target, query))).toBe('invalid_url')
  })

  it('are removed by their decoded name, and the rest keeps its bytes', () => {
    expect(removeQuery(target, new Set(['api_key'])).path).toBe('/a?x=1&y[]=2&y[]=3')
    expect(removeQuery(target, new Set(['y[]', 'x', 'api_key'])).path).toBe('/a')
    expect(removeQuery(target, new Set(['apikey', 'z']))).toBe(target)
    expect(removeQuery(target, new Set())).toBe(target)
    const hidden = parseTarget('https://a.example/b?api%5Fkey=1&%61pi_key&API_Key&api+key=2&%zz=3&a=%2F')
    expect(removeQuery(hidden, new Set(['api_key', 'api key'])).path).toBe('/b?%zz=3&a=%2F')
  })

  it('are removed from any text, whose fragment stays', () => {
    const names = new Set(['key'])
    expect(removeQueryText('../b?key=1&x=2#key=3', names)).toBe('../b?x=2#key=3')
    expect(removeQueryText('/b#a?key=1', names)).toBe('/b#a?key=1')
    expect(removeQueryText('https://a.example/b?key=1', names)).toBe('https://a.example/b')
  })

  it('take the place of those of the same name when they are set', () => {
    expect(addQueryPairs(target, ['api_key', 'a&b=c d\u00e9', 'new', '+']).path).toBe(
      '/a?x=1&y[]=2&y[]=3&api_key=a%26b%3Dc%20d%C3%A9&new=%2B',
    )
    expect(addQueryPairs(parseTarget('https://a.example/b'), ['k', '\ud800']).path).toBe('/b?k=%EF%BF%BD')
    expect(addQueryPairs(target, [])).toBe(target)
  })

  it.each(['/b?next=https://c.example/?', '/b??', '/b?x=1&?'])(
    'never become a part of a value before them: %s',
    (path) => {
      const open = parseTarget(`https://a.example${path}`)
      expect(appendQuery(open, 'z=1').path).toBe(`${path}&z=1`)
      expect(addQueryPairs(open, ['api_key', 'k']).path).toBe(`${path}&api_key=k`)
    },
  )
})

describe('whatever is accepted', () => {
  const hostPart = fc.stringMatching(/^[a-zA-Z0-9.\-:@[\]%\\/\u00ad\u212a\uff0e]{0,30}$/)
  const anyUrl = fc.oneof(
    fc
      .tuple(fc.constantFrom('https://', 'http://', 'HTTPS://', 'https:/', '//'), hostPart, fc.string())
      .map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('https://', 'http://'), fc.domain(), fc.string({ unit: 'binary' }))
      .map((parts) => parts.join('')),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
  )

  it('has one host: as parsed here, by URL, and by URL once more after joining', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyUrl, (url) => {
        if (outcome(() => parseTarget(url)) === 'invalid_url') return
        accepted += 1
        const target = parseTarget(url)
        const parsed = new URL(url)
        expect([parsed.protocol, parsed.hostname, parsed.host]).toEqual([target.protocol, target.hostname, target.host])
        expect(parsed.username + parsed.password).toBe('')
        expect(new URL(target.origin + target.path).host).toBe(target.host)
        expect(target.path).toMatch(/^\/[!-~]*$/)
        expect(target.path).not.toContain('#')
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  it('stays below the base when it is a relative path', () => {
    const base = parseTarget('https://api.example.com/v1/tenant')
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '%2e%2e', '.%2E', '', 'a', '..%2f', '%5c', '@', '?', 'x:'),
      fc.string({ maxLength: 4 }),
    )
    let accepted = 0
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const path = `/${segments.join('/')}`
        if (outcome(() => joinTarget(base, path)) === 'invalid_url') return
        accepted += 1
        const joined = joinTarget(base, path)
        const parsed = new URL(joined.origin + joined.path)
        expect(parsed.origin).toBe(base.origin)
        expect(`${parsed.pathname}/`.startsWith('/v1/tenant/')).toBe(true)
        expect(joined.path.startsWith('/v1/tenant/')).toBe(true)
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })
})
