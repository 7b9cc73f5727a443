import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf, type TestRequest } from '../../testing/auth.js'
import { parseTarget } from '../target.js'
import { signatureBaseString } from './oauth1-signature.js'

const customFields = { consumer_key: 'ck', consumer_secret: 'cs' }
const credentials = { oauth_access_token: 'at', oauth_token_secret: 'ts' }

function send(settings: Readonly<Record<string, unknown>>, request: TestRequest = {}) {
  return injectInto(appWith([{ kind: 'oauth1', ...settings }]), {
    customFields,
    credentials,
    now: 1_318_622_958_123,
    ...request,
  })
}

function parameters(settings: Readonly<Record<string, unknown>>, request?: TestRequest): Record<string, string> {
  const { headers = [], query = [] } = send(settings, request)
  const given: Record<string, string> = {}
  for (let index = 0; index < query.length; index += 2) given[query[index] ?? ''] = query[index + 1] ?? ''
  for (const [, name = '', value = ''] of (headers[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)) {
    given[name] = decodeURIComponent(value)
  }
  return given
}

function expectedSignature(given: Record<string, string>, method: string, url: string, form?: string): string {
  const covered = Object.entries(given).filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
  const base = signatureBaseString(
    { method, target: parseTarget(url), form: form === undefined ? undefined : Buffer.from(form) },
    covered,
  )
  return createHmac('sha1', 'cs&ts').update(base).digest('base64')
}

const form = ['content-type', 'application/x-www-form-urlencoded; charset=utf-8']

describe('oauth1', () => {
  it('sends every protocol parameter and a signature over the final request', () => {
    const url = 'https://api.example.com/1.1/x.json?a=1&a=0'
    const given = parameters({ realm: 'Photos' }, { url })
    expect(given).toMatchObject({
      realm: 'Photos',
      oauth_consumer_key: 'ck',
      oauth_token: 'at',
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: '1318622958',
      oauth_nonce: expect.stringMatching(/^[\da-f]{32}$/),
      oauth_version: '1.0',
    })
    expect(given.oauth_signature).toBe(expectedSignature(given, 'GET', url))
    expect(parameters({}, { url }).oauth_nonce).not.toBe(given.oauth_nonce)
  })

  it('covers the fields of a form body, and no other body', () => {
    const url = 'https://api.example.com/x'
    const signed = parameters({}, { method: 'POST', url, headers: form, body: 'status=hi' })
    expect(signed.oauth_signature).toBe(expectedSignature(signed, 'POST', url, 'status=hi'))
    const json = parameters({}, { method: 'POST', url, headers: ['content-type', 'application/json'], body: '{}' })
    expect(json.oauth_signature).toBe(expectedSignature(json, 'POST', url))
  })

  it('holds form bodies alone', () => {
    const needs = (settings: Readonly<Record<string, unknown>>, headers: readonly string[]) =>
      appWith([{ kind: 'oauth1', ...settings }]).needsBodyBytes(parseTarget('https://api.example.com/'), headers)
    expect(needs({}, form)).toBe(true)
    expect(needs({}, ['content-type', 'application/octet-stream'])).toBe(false)
    expect(needs({}, [])).toBe(false)
    expect(needs({ method: 'PLAINTEXT' }, form)).toBe(false)
    expect(needs({ body_hash: true }, [])).toBe(true)
  })

  it('stands in the query where the app says so', () => {
    const given = parameters({ in: 'query', version: false })
    expect(Object.keys(given)).toEqual([
      ...['oauth_consumer_key', 'oauth_token', 'oauth_signature_method', 'oauth_timestamp', 'oauth_nonce'],
      'oauth_signature',
    ])
    expect(given.oauth_signature).toBe(expectedSignature(given, 'GET', 'https://api.example.com/'))
  })

  it('leaves an empty token out', () => {
    const given = parameters({ token: '' }, { credentials: {} })
    expect(given).not.toHaveProperty('oauth_token')
    expect(given.oauth_signature).not.toBe('')
  })

  it('covers a body by its hash where the app says so', () => {
    const given = parameters({ body_hash: true }, { method: 'POST', body: 'Hello World!' })
    expect(given.oauth_body_hash).toBe('Lve95gjOVATpfV8EL5X4nxwjKHE=')
    expect(parameters({ body_hash: true }, { headers: form, body: 'a=1' })).not.toHaveProperty('oauth_body_hash')
  })

  it('sends both secrets by PLAINTEXT', () => {
    expect(parameters({ method: 'PLAINTEXT' }).oauth_signature).toBe('cs&ts')
  })

  it('signs by a key, and refuses what is none', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    const settings = { method: 'RSA-SHA1' }
    const own = (private_key: string) => ({ customFields: { consumer_key: 'ck', private_key } })
    expect(parameters(settings, own(pem)).oauth_signature).toHaveLength(344)
    expect(parameters(settings, own(pem.replaceAll('\n', '\\n'))).oauth_signature).toHaveLength(344)
    const broken = refusalOf(() => send(settings, own('no key')))
    expect(broken).toMatch(/^account_config_invalid .*RSA/)
    expect(broken).not.toContain('no key')
    const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(refusalOf(() => send(settings, own(ed)))).toMatch(/^account_config_invalid /)
  })

  it('names what the account lacks', () => {
    expect(refusalOf(() => send({}, { credentials: {} }))).toContain('credentials.oauth_access_token')
    expect(refusalOf(() => send({}, { customFields: {} }))).toContain('custom_fields.consumer_key')
  })

  it.each([
    [{ method: 'MD5' }, 'auth[0].method must be one of HMAC-SHA1'],
    [{ private_key: 'x' }, 'auth[0].private_key has no effect with method: HMAC-SHA1'],
    [{ in: 'query', realm: 'x' }, 'auth[0].realm is for in: header only'],
    [{ version: 'no' }, 'auth[0].version must be true or false'],
    [{ secret: 'x' }, 'auth[0].secret is not a setting of this kind'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ kind: 'oauth1', ...settings })).toEqual([expect.stringContaining(fault)])
  })
})
