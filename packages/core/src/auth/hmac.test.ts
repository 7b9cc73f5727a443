import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf, type TestRequest } from '../../testing/auth.js'

const basics = { kind: 'hmac', key: '{{custom_fields.secret}}', name: 'x-signature' }
const now = Date.parse('2026-01-02T03:04:05.678Z')

function send(settings: Readonly<Record<string, unknown>>, request: TestRequest = {}) {
  return injectInto(appWith([{ ...basics, ...settings }]), { customFields: { secret: 'k' }, now, ...request })
}

/** The signature of a text, by which the text that was signed is known. */
function of(text: string | Buffer): string {
  return createHmac('sha256', 'k').update(text).digest('hex')
}

function signatureOf(settings: Readonly<Record<string, unknown>>, request?: TestRequest): string | undefined {
  return send(settings, request).headers?.at(-1)
}

describe('examples that vendors and standards publish', () => {
  /** https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security */
  it('Binance: the query with its timestamp, signed into the query', () => {
    const { query, headers } = injectInto(
      appWith([
        {
          ...basics,
          in: 'query',
          name: 'signature',
          timestamp: { query: 'timestamp', format: 'milliseconds' },
          string: '{{request.query}}{{request.body}}',
        },
      ]),
      {
        method: 'POST',
        url: 'https://api.binance.com/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000',
        customFields: { secret: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j' },
        now: 1_499_827_319_559,
      },
    )
    expect(headers).toEqual([])
    expect(query).toEqual([
      ...['timestamp', '1499827319559', 'signature'],
      'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71',
    ])
  })

  /** https://docs.slack.dev/authentication/verifying-requests-from-slack */
  it('Slack: a version, a timestamp and the body', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    const settings = {
      timestamp: { header: 'x-slack-request-timestamp' },
      string: 'v0:{{request.timestamp}}:{{request.body}}',
      name: 'x-slack-signature',
      value: 'v0={{request.signature}}',
    }
    const customFields = { secret: '8f742231b10e8888abcd99yyyzzz85a5' }
    expect(send(settings, { method: 'POST', body, customFields, now: 1_531_420_618_000 }).headers).toEqual([
      ...['x-slack-request-timestamp', '1531420618', 'x-slack-signature'],
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    ])
  })

  /** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  it('GitHub: the body alone', () => {
    const customFields = { secret: "It's a Secret to Everybody" }
    const settings = { string: '{{request.body}}', name: 'x-hub-signature-256', value: 'sha256={{request.signature}}' }
    expect(signatureOf(settings, { method: 'POST', body: 'Hello, World!', customFields })).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    )
  })

  /** RFC 2202, test case 2, and RFC 4231, test case 2. */
  it.each([
    ['md5', '750c783e6ab0b503eaa86e310a5db738'],
    ['sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    ['sha384', 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649'],
    [
      'sha512',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
  ])('RFC 2202 and 4231: %s', (hash, signature) => {
    const customFields = { secret: 'Jefe' }
    expect(signatureOf({ hash, string: 'what do ya want for nothing?' }, { customFields })).toBe(signature)
  })
})

describe('what is signed', () => {
  const url = 'https://api.example.com:8443/v1/Items?b=2&a=1%20x'
  const request: TestRequest = { method: 'PUT', url, headers: ['content-type', 'text/plain'], body: 'hi' }

  it.each([
    ['method', 'PUT'],
    ['url', url],
    ['host', 'api.example.com:8443'],
    ['path', '/v1/Items'],
    ['query', 'b=2&a=1%20x'],
    ['sorted_query', 'a=1%20x&b=2'],
    ['path_and_query', '/v1/Items?b=2&a=1%20x'],
    ['body', 'hi'],
    ['body_md5', '49f68a5c8493ec2c0bf489821c21fc3b'],
    ['body_sha1_base64', 'witfkXg0JglCjW9RssWvTAveakI='],
    ['body_sha256', '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4'],
    ['timestamp', '1767323045'],
    ['headers.Content-Type', 'text/plain'],
    ['headers.host', 'api.example.com:8443'],
    ['headers.absent', ''],
  ])('request.%s', (name, text) => {
    expect(signatureOf({ string: `<{{request.${name}}}>` }, request)).toBe(of(`<${text}>`))
  })

  it('may mix the request, the account and functions', () => {
    const string =
      "{{lower(request.method, request.host)}}\n{{custom_fields.api_key}}\n{{url_encode('a b', credentials.id)}}"
    const values = { customFields: { secret: 'k', api_key: 'public' }, credentials: { id: '/' } }
    expect(signatureOf({ string }, { ...request, ...values })).toBe(of('putapi.example.com:8443\npublic\na%20b%2F'))
  })

  it('has the bytes of the body, whatever they are', () => {
    const body = Buffer.from([0xff, 0, 0xfe])
    expect(signatureOf({ string: 'a{{request.body}}' }, { body })).toBe(of(Buffer.concat([Buffer.from('a'), body])))
    expect(signatureOf({ string: 'a{{request.body}}' }, {})).toBe(of('a'))
  })

  it('never reads a value as a template', () => {
    const customFields = { secret: 'k', api_key: '{{request.body}}' }
    expect(signatureOf({ string: '{{custom_fields.api_key}}' }, { customFields })).toBe(of('{{request.body}}'))
  })

  it('holds a body only when the text is made of it', () => {
    const body = (string: string) => appWith([{ ...basics, string }]).auth[0]?.body
    expect(body('{{request.path}}')).toBe('untouched')
    expect(body('{{request.body}}')).toBe('bytes')
    expect(body('{{upper(request.body_sha256)}}')).toBe('bytes')
  })
})

describe('timestamp and nonce', () => {
  it.each([
    ['seconds', '1767323045'],
    ['milliseconds', '1767323045678'],
    ['iso', '2026-01-02T03:04:05.678Z'],
    ['iso-seconds', '2026-01-02T03:04:05Z'],
    ['http', 'Fri, 02 Jan 2026 03:04:05 GMT'],
  ])('a timestamp in %s is sent and signed', (format, text) => {
    const settings = {
      timestamp: { header: 'X-Time', format },
      string: '{{request.timestamp}} {{request.headers.x-time}}',
    }
    expect(send(settings).headers).toEqual(['x-time', text, 'x-signature', of(`${text} ${text}`)])
  })

  it.each([
    ['uuid', /^[\da-f-]{36}$/],
    ['hex', /^[\da-f]{32}$/],
  ])('a nonce in %s is new for each call', (format, pattern) => {
    const settings = { nonce: { header: 'x-nonce', format }, string: '{{request.nonce}}' }
    const [first, second] = [send(settings).headers ?? [], send(settings).headers ?? []]
    expect(first[1]).toMatch(pattern)
    expect(first[3]).toBe(of(first[1] ?? ''))
    expect(second[1]).not.toBe(first[1])
  })

  it('may stand in the signature’s own header alone', () => {
    const settings = { string: '{{request.timestamp}}', value: 't={{request.timestamp}},v1={{request.signature}}' }
    expect(signatureOf(settings)).toBe(`t=1767323045,v1=${of('1767323045')}`)
  })

  it('take their names from the caller', () => {
    const app = appWith([{ ...basics, string: 'x', timestamp: { query: 'ts' }, nonce: { header: 'X-Nonce' } }])
    expect([...app.reservedHeaders].sort()).toEqual(['x-nonce', 'x-signature'])
    expect([...app.reservedQuery]).toEqual(['ts'])
  })
})

describe('key and result', () => {
  it.each([
    ['hex', '6b', of('x')],
    ['base64', 'aw==', of('x')],
    ['base64url', 'aw', of('x')],
  ])('a key in %s', (key_encoding, secret, signature) => {
    expect(signatureOf({ key_encoding, string: 'x' }, { customFields: { secret } })).toBe(signature)
    const refused = refusalOf(() => send({ key_encoding, string: 'x' }, { customFields: { secret: 'no key!' } }))
    expect(refused).toMatch(/^account_config_invalid /)
    expect(refused).not.toContain('no key!')
  })

  it('an empty key is refused', () => {
    expect(refusalOf(() => send({ string: 'x' }, { customFields: { secret: '' } }))).toMatch(/^account_config_invalid /)
  })

  it.each([
    ['hex-upper', of('x').toUpperCase()],
    ['base64', Buffer.from(of('x'), 'hex').toString('base64')],
    ['base64url', Buffer.from(of('x'), 'hex').toString('base64url')],
  ])('a result in %s', (encoding, signature) => {
    expect(signatureOf({ encoding, string: 'x' })).toBe(signature)
  })
})

it.each([
  [{}, 'auth[0].string is required'],
  [{ string: '{{request.bdoy}}' }, 'auth[0].string uses request.bdoy; a request has method'],
  [{ string: '{{request}}' }, 'auth[0].string uses {{request}} without'],
  [{ string: '{{request.signature}}' }, 'auth[0].string cannot hold the signature'],
  [{ string: '{{custom_fields.nope}}' }, 'auth[0].string uses custom_fields.nope'],
  [{ string: '{{sha3(request.body)}}' }, 'auth[0].string calls sha3()'],
  [{ string: 'x', hash: 'crc32' }, 'auth[0].hash must be one of sha256'],
  [{ string: 'x', encoding: 'octal' }, 'auth[0].encoding must be one of hex'],
  [{ string: 'x', timestamp: { format: 'days' } }, 'auth[0].timestamp.format must be one of seconds'],
  [{ string: 'x', timestamp: { header: 'a', query: 'b' } }, 'auth[0].timestamp.query cannot stand beside header'],
  [{ string: 'x', nonce: { hedaer: 'a' } }, 'auth[0].nonce.hedaer is not a setting'],
  [{ string: 'x', name: 'host' }, 'auth[0].name host frames the request'],
  [{ string: 'x', algorithm: 'y' }, 'auth[0].algorithm is not a setting of this kind'],
])('%j is a fault', (settings, fault) => {
  expect(faultsOf({ ...basics, ...settings })).toEqual([expect.stringContaining(fault)])
})
