import { createHash, createHmac, type KeyObject, sign } from 'node:crypto'
import { byBytes, encodeBytes, formPairs, utf8Bytes } from '../percent-bytes.js'
import type { Target } from '../target.js'

/** Names of RFC 5849, 3.4, and those that vendors made of them. */
export const oauth1Methods = [
  'HMAC-SHA1',
  'HMAC-SHA256',
  'HMAC-SHA512',
  'RSA-SHA1',
  'RSA-SHA256',
  'RSA-SHA512',
  'PLAINTEXT',
] as const
export type OAuth1Method = (typeof oauth1Methods)[number]

export interface OAuth1Request {
  readonly method: string
  readonly target: Target
  /** A body that is a form, whose fields are covered; undefined for any other. */
  readonly form: Buffer | undefined
}

export interface OAuth1Keys {
  readonly consumerSecret: string
  /** Empty when there is no token. */
  readonly tokenSecret: string
  /** For the RSA methods. */
  readonly privateKey: KeyObject | undefined
}

/** Names and values of protocol parameters, unencoded. */
export type OAuth1Parameters = readonly (readonly [name: string, value: string])[]

/** The signature over a request and its protocol parameters, which do not hold `realm`. */
export function oauth1Signature(
  method: OAuth1Method,
  request: OAuth1Request,
  parameters: OAuth1Parameters,
  keys: OAuth1Keys,
): string {
  const secrets = `${encodeText(keys.consumerSecret)}&${encodeText(keys.tokenSecret)}`
  if (method === 'PLAINTEXT') return secrets
  const base = signatureBaseString(request, parameters)
  const hash = hashOf(method)
  if (method.startsWith('HMAC')) return createHmac(hash, secrets).update(base).digest('base64')
  if (keys.privateKey === undefined) throw new Error('an RSA method was asked for without its key')
  return sign(hash, Buffer.from(base), keys.privateKey).toString('base64')
}

/** RFC 5849, 3.4.1. */
export function signatureBaseString({ method, target, form }: OAuth1Request, parameters: OAuth1Parameters): string {
  const queryStart = target.path.indexOf('?')
  const path = queryStart === -1 ? target.path : target.path.slice(0, queryStart)
  const query = queryStart === -1 ? '' : target.path.slice(queryStart + 1)
  const pairs = [
    ...formPairs(query),
    ...formPairs(form?.toString('latin1') ?? ''),
    ...parameters.map(([name, value]) => [utf8Bytes(name), utf8Bytes(value)] as const),
  ]
  const normalized = pairs
    .map(([name, value]) => [encodeBytes(name), encodeBytes(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => byBytes(name, otherName) || byBytes(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  return [method, target.origin + path, normalized].map(encodeText).join('&')
}

/** The hash of a body that is no form, as the `oauth_body_hash` extension has it. */
export function oauth1BodyHash(method: OAuth1Method, body: Buffer): string {
  return createHash(hashOf(method)).update(body).digest('base64')
}

/** The `Authorization` value (RFC 5849, 3.5.1). */
export function oauth1Header(parameters: OAuth1Parameters, realm: string | undefined): string {
  const shown = realm === undefined ? [] : [`realm="${realm.replace(/["\\]/g, '\\$&')}"`]
  const pairs = parameters.map(([name, value]) => `${encodeText(name)}="${encodeText(value)}"`)
  return `OAuth ${[...shown, ...pairs].join(', ')}`
}

function hashOf(method: OAuth1Method): 'sha1' | 'sha256' | 'sha512' {
  if (method.endsWith('256')) return 'sha256'
  return method.endsWith('512') ? 'sha512' : 'sha1'
}

function encodeText(text: string): string {
  return encodeBytes(utf8Bytes(text))
}
