import { ProxyError } from '@proxy/core'
import type { JWTPayload } from 'jose'
import type { SigningKey, SigningKeys } from './signing-keys.js'

const form = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const maxLength = 8_192
/** How far the clock of the instance that signed may be ahead of ours. */
const skewSeconds = 60
const headerNames: ReadonlySet<string> = new Set(['alg', 'kid', 'typ'])

export interface JwtRules {
  readonly keys: SigningKeys
  readonly issuer: string
  readonly audience: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** Claims that every token of ours has. Times are epoch seconds. */
export interface StrictClaims extends JWTPayload {
  readonly sub: string
  readonly jti: string
  readonly iat: number
  readonly exp: number
}

/** True when a bearer value has the three parts of a compact JWS. */
export function isJwtForm(text: string): boolean {
  return form.test(text)
}

/** Signs with the first key. */
export async function signJwt(claims: StrictClaims, rules: Omit<JwtRules, 'now'>): Promise<string> {
  const { SignJWT } = await import('jose')
  const { kid, privateKey } = rules.keys.first
  return new SignJWT({ ...claims, iss: rules.issuer, aud: rules.audience })
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
    .sign(privateKey)
}

/**
 * Verifies by `spec/security` 3.3: EdDSA with a key of our own set and nothing else in the header, `iss`, `aud` and
 * `exp` required. Throws `invalid_token`, without a reason that would help somebody to forge one.
 */
export async function verifyJwt(token: string, rules: JwtRules): Promise<StrictClaims> {
  if (token.length > maxLength || !token.split('.').every(isCanonical)) throw invalidToken()
  const { publicKey } = keyOf(token, rules.keys)
  const { jwtVerify } = await import('jose')
  const { payload } = await jwtVerify(token, publicKey, {
    algorithms: ['EdDSA'],
    issuer: rules.issuer,
    audience: rules.audience,
    currentDate: new Date(rules.now),
    clockTolerance: skewSeconds,
    requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat', 'jti'],
  }).catch((cause: unknown) => {
    throw invalidToken(cause)
  })
  const { sub, jti, iat, exp, aud } = payload
  if (typeof sub !== 'string' || typeof jti !== 'string') throw invalidToken()
  if (!isSeconds(iat) || !isSeconds(exp)) throw invalidToken()
  const nowSeconds = rules.now / 1000
  if (typeof aud !== 'string' || iat > nowSeconds + skewSeconds || exp <= nowSeconds) throw invalidToken()
  return { ...payload, sub, jti, iat, exp }
}

/** The key that the header names, when the header holds what we write and nothing else (no `jwk`, `crit`, `b64`, …). */
function keyOf(token: string, keys: SigningKeys): SigningKey {
  const header = parseObject(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'))
  if (header === undefined || !Object.keys(header).every((name) => headerNames.has(name))) throw invalidToken()
  const { alg, kid, typ } = header
  if (alg !== 'EdDSA' || typeof kid !== 'string' || (typ !== undefined && typ !== 'JWT')) throw invalidToken()
  const key = keys.find(kid)
  if (key === undefined) throw invalidToken()
  return key
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Whole seconds; JSON can also say a number that is infinite. */
function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** base64url whose unused bits are zero, so that no token has a second spelling. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

export function invalidToken(cause?: unknown): ProxyError {
  return new ProxyError('invalid_token', 'The token is unknown, expired or revoked.', { cause })
}
