import { type ErrorCode, errorStatus, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { incoming } from '../testing/bench.js'
import { describeError } from './errors.js'

/** Section 4 of the contract, and the one code that the limits of Lambda add. */
const table: Readonly<Record<string, number>> = {
  invalid_request: 400,
  invalid_url: 400,
  relative_path_required: 400,
  domain_not_allowed: 400,
  target_denied: 400,
  unsupported_header: 400,
  invalid_token: 401,
  invalid_client: 401,
  insufficient_scope: 403,
  record_not_found: 404,
  method_not_allowed: 405,
  account_ambiguous: 409,
  payload_too_large: 413,
  uri_too_long: 414,
  headers_too_large: 431,
  account_config_invalid: 422,
  account_reauth_required: 424,
  rate_limited: 429,
  upstream_dns: 502,
  upstream_connect: 502,
  upstream_tls: 502,
  upstream_protocol: 502,
  redirect_denied: 502,
  response_too_large: 502,
  credential_store_unavailable: 503,
  overloaded: 503,
  upstream_timeout: 504,
}

const call = incoming('GET', '/v1/connect/apps')

function describeCode(code: ErrorCode, options = {}) {
  const { status, headers, body } = describeError(new ProxyError(code, 'why "it" failed', options), call)
  const map = new Map<string, string>()
  for (let index = 0; index < headers.length; index += 2) map.set(headers[index] ?? '', headers[index + 1] ?? '')
  return { status, headers: map, body: JSON.parse(body) }
}

const codes = Object.keys(errorStatus) as ErrorCode[]

describe('every error of the engine', () => {
  it.each(codes.filter((code) => code !== 'internal_error'))('%s has a row of the table, with its status', (code) => {
    const { status, headers, body } = describeCode(code)
    expect(table[body.code]).toBe(status)
    expect(headers.get('x-proxy-error')).toBe(body.code)
    expect(headers.get('content-type')).toBe('application/json')
    expect(typeof body.error).toBe('string')
  })

  it.each(Object.keys(table))('the row %s is produced', (row) => {
    expect(codes.map((code) => describeCode(code).body.code)).toContain(row)
  })

  it('says nothing of a fault of our own', () => {
    const { status, body } = describeCode('internal_error', { details: { stack: 'secret' } })
    expect({ status, body }).toEqual({ status: 500, body: { error: 'internal error', code: 'internal_error' } })
  })
})

describe('spelling', () => {
  it('has the texts of the contract', () => {
    expect(describeCode('domain_not_allowed').body).toEqual({
      error: 'domain not allowed for this app',
      code: 'domain_not_allowed',
    })
    expect(describeCode('rate_limited').body).toEqual({ error: 'Throttled', code: 'rate_limited' })
  })

  it('gives the same bytes for unknown accounts, unknown apps and what is not yours', () => {
    const one = describeError(new ProxyError('record_not_found', 'a', { details: { id: 'apn_1' } }), call)
    const other = describeError(new ProxyError('app_not_found', 'b'), call)
    expect(one).toEqual(other)
  })

  it('names no address', () => {
    const { body } = describeCode('target_denied', { details: { address: '10.0.0.1' } })
    expect(body).toEqual({ error: 'target not allowed', code: 'target_denied' })
  })

  it('keeps details elsewhere, and no key without a value', () => {
    expect(describeCode('account_ambiguous', { details: { account_ids: ['apn_1'] } }).body.details).toEqual({
      account_ids: ['apn_1'],
    })
    expect(describeCode('invalid_url').body).not.toHaveProperty('details')
  })

  it('says how to come back', () => {
    for (const code of ['missing_token', 'invalid_token'] as const) {
      expect(describeCode(code).headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    }
    expect(describeCode('method_not_allowed', { details: { allow: ['GET', 'POST'] } }).headers.get('allow')).toBe(
      'GET, POST',
    )
    expect(describeCode('rate_limited', { retryAfterSeconds: 1.2 }).headers.get('retry-after')).toBe('2')
    expect(describeCode('rate_limited', { retryAfterSeconds: 0 }).headers.get('retry-after')).toBe('1')
    expect(describeCode('invalid_url').headers.has('retry-after')).toBe(false)
  })

  it('lets a page that calls with a connect token read it', () => {
    const headers = ['authorization', `Bearer ctok_${'0'.repeat(32)}`, 'origin', 'https://app.example.com']
    const error = new ProxyError('invalid_token', 'x')
    const forPage = describeError(error, incoming('GET', '/v1/connect/accounts', headers)).headers
    expect(forPage).toContain('access-control-allow-origin')
    const forBackend = describeError(
      error,
      incoming('GET', '/', ['authorization', 'Bearer x', 'origin', 'https://a.b']),
    ).headers
    expect(forBackend).not.toContain('access-control-allow-origin')
  })

  it('describes faulty headers too', () => {
    const twice = incoming('GET', '/v1/connect/apps', ['authorization', 'Bearer a', 'authorization', 'Bearer b'])
    expect(describeError(new ProxyError('invalid_request', 'x'), twice).status).toBe(400)
  })
})
