import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf } from '../../testing/auth.js'
import { parseTarget } from '../target.js'
import type { UpstreamCall } from '../upstream-call.js'

const app = appWith([{ kind: 'google-ads', developer_token: 'dev-1' }])
const nested = 'https://googleads.m.pipedream.net'

function open(body: string | undefined, change: Partial<UpstreamCall> = {}): UpstreamCall {
  const call: UpstreamCall = {
    method: 'POST',
    target: parseTarget(nested),
    headers: ['content-type', 'text/plain', 'x-mine', '1'],
    body: body === undefined ? undefined : Buffer.from(body),
    bodyLength: undefined,
    ...change,
  }
  const { unwrap } = app
  if (unwrap === undefined) throw new Error('the app unwraps nothing')
  return unwrap.open(call)
}

const search = '"url":"/v21/customers/1234567890/googleAds:search"'

describe('a nested call', () => {
  it('becomes the call that it holds', () => {
    const call = open(`{"method":"post",${search},"data":{"query":"SELECT 1"}}`)
    expect(call).toMatchObject({ method: 'POST', headers: ['x-mine', '1', 'content-type', 'application/json'] })
    expect(call.target.origin + call.target.path).toBe(
      'https://googleads.googleapis.com/v21/customers/1234567890/googleAds:search',
    )
    expect(String(call.body)).toBe('{"query":"SELECT 1"}')
    expect(call.bodyLength).toBe(20)
  })

  it.each([
    ['its own spacing and big integers', ' { "x" : 12345678901234567890 } ', '{ "x" : 12345678901234567890 }'],
    ['a list', '[1, 2]', '[1, 2]'],
    ['braces in texts', '{"a":"}]\\""}', '{"a":"}]\\""}'],
  ])('keeps data with %s byte for byte', (_, data, sent) => {
    expect(String(open(`{"data":${data},"method":"POST",${search}}`).body)).toBe(sent)
  })

  it.each([
    ['get', 'GET'],
    ['Post', 'POST'],
    ['PUT', 'PUT'],
    ['patch', 'PATCH'],
    ['DELETE', 'DELETE'],
  ])('takes the method %s', (written, method) => {
    expect(open(`{"method":"${written}","url":"/v21/x"}`)).toMatchObject({
      method,
      body: undefined,
      bodyLength: undefined,
      headers: ['x-mine', '1'],
    })
  })

  it('takes null for no data, and the query of the outer call along', () => {
    const call = open('{"method":"get","url":"/v21/x?a=1","data":null}', { target: parseTarget(`${nested}?b=2`) })
    expect(call.body).toBeUndefined()
    expect(call.target.path).toBe('/v21/x?a=1&b=2')
  })

  const deep = (levels: number) => `{"method":"post","url":"/x","data":${'['.repeat(levels)}${']'.repeat(levels)}}`
  it('may be 64 levels deep and 1 MiB long', () => {
    expect(open(deep(63)).method).toBe('POST')
    expect(refusalOf(() => open(deep(64)))).toMatch(/^invalid_request .*64 levels/)
    const long = (bytes: number) => `{"method":"post","url":"/x","data":"${'x'.repeat(bytes - 38)}"}`
    expect(long(1024 * 1024)).toHaveLength(1024 * 1024)
    expect(open(long(1024 * 1024)).method).toBe('POST')
    expect(refusalOf(() => open(long(1024 * 1024 + 1)))).toMatch(/^payload_too_large /)
  })

  it.each([
    ['no body', undefined, 'needs a JSON body'],
    ['no JSON', '{"method":', 'JSON object'],
    ['a list', '[]', 'JSON object'],
    ['no method', '{"url":"/x"}', 'needs the member method'],
    ['no url', '{"method":"get"}', 'needs the member url'],
    ['a url that is no text', '{"method":"get","url":["/x"]}', 'needs the member url'],
    ['another method', '{"method":"trace","url":"/x"}', 'one of get'],
    ['a method with a line break', '{"method":"get\\r\\n","url":"/x"}', 'one of get'],
    ['an unknown member', '{"method":"get","url":"/x","__proto__":{}}', '"__proto__"'],
    ['a repeated member', '{"method":"get","url":"/x","url":"/y"}', '"url" twice'],
    ['a full url', '{"method":"get","url":"https://evil.example.com/x"}', 'must be a path'],
    ['a url without a scheme', '{"method":"get","url":"//evil.example.com/x"}', 'must be a path'],
    ['a backslash', '{"method":"get","url":"/\\\\evil.example.com"}', 'must be a path'],
    ['a fragment', '{"method":"get","url":"/x#y"}', 'must be a path'],
    ['a control character', '{"method":"get","url":"/x\\u0000"}', 'must be a path'],
    ['a host behind the base', '{"method":"get","url":".evil.example.com"}', 'must be a path'],
    ['userinfo behind the base', '{"method":"get","url":"@evil.example.com/"}', 'must be a path'],
    ['a url beyond all measure', `{"method":"get","url":"/${'x'.repeat(20_000)}"}`, 'too long'],
  ])('%s is refused', (_, body, reason) => {
    expect(refusalOf(() => open(body))).toMatch(/^(?:invalid_request|invalid_url|uri_too_long) /)
    expect(refusalOf(() => open(body))).toContain(reason)
  })

  it('is sent by POST and without a path', () => {
    const body = '{"method":"get","url":"/x"}'
    expect(refusalOf(() => open(body, { method: 'GET' }))).toMatch(/^invalid_request .*POST/)
    expect(refusalOf(() => open(body, { target: parseTarget(`${nested}/v21`) }))).toMatch(
      /^invalid_request .*without a path/,
    )
  })

  it('is looked for at its own host alone', () => {
    expect(app.unwrap?.origin).toBe(nested)
    expect(app.needsBodyBytes(parseTarget(nested), [])).toBe(true)
    expect(app.needsBodyBytes(parseTarget('https://googleads.googleapis.com/v21'), [])).toBe(false)
    expect(app.hosts.allows(parseTarget(nested))).toBe(false)
  })
})

describe('what goes to Google', () => {
  const credentials = { oauth_access_token: 'ya29' }
  const plain = ['authorization', 'Bearer ya29', 'developer-token', 'dev-1']

  it('has the access token and the developer token', () => {
    expect(injectInto(app, { credentials })).toEqual({ headers: plain })
    const own = appWith([
      { kind: 'google-ads', developer_token: '{{custom_fields.secret}}', base: 'https://ads.example.com' },
    ])
    expect(injectInto(own, { credentials, customFields: { secret: 's' } }).headers).toContain('s')
  })

  it('has the account’s login customer, unless the caller names one', () => {
    const customFields = { login_customer_id: '123-456-7890' }
    expect(injectInto(app, { credentials, customFields })).toEqual({
      headers: [...plain, 'login-customer-id', '1234567890'],
    })
    const headers = ['login-customer-id', '42']
    expect(injectInto(app, { credentials, customFields, headers })).toEqual({ headers: plain })
    expect(injectInto(app, { credentials, customFields: { login_customer_id: ' ' } })).toEqual({ headers: plain })
  })

  it('is refused when the account’s values do not fit', () => {
    const wrong = { credentials, customFields: { login_customer_id: 'abc' } }
    expect(refusalOf(() => injectInto(app, wrong))).toMatch(/^account_config_invalid .*login_customer_id/)
    expect(refusalOf(() => injectInto(app, {}))).toContain('credentials.oauth_access_token')
    expect(refusalOf(() => injectInto(app, { credentials: { oauth_access_token: 'a\nb' } }))).toContain('authorization')
  })
})

it.each([
  [{}, 'auth[0].developer_token is required'],
  [{ developer_token: 'x', dev: 1 }, 'auth[0].dev is not a setting'],
  [{ developer_token: 'x', base: 'googleads' }, 'auth[0].base must be a URL'],
])('%j is a fault', (settings, fault) => {
  expect(faultsOf({ kind: 'google-ads', ...settings })).toEqual([expect.stringContaining(fault)])
})
