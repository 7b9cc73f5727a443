import { limitKey, ProxyError } from '@proxy/core'
import type { PipedreamDialectOptions } from '../options.js'
import { decodeQueryText } from '../percent.js'
import { readForm } from '../read-fields.js'
import { parseJson, readBody, readText } from '../read-json.js'
import { type OAuthClient, secretFits } from '../tokens/oauth-client.js'
import { OAuthError } from './oauth-error.js'

const maxBodyBytes = 64 * 1024
const defaultFailures = { limit: 30, windowMs: 60_000 }

/** The fields of a request to an OAuth endpoint: texts by name, each given once. */
export type OAuthFields = ReadonlyMap<string, string>

/** The body as a form or as JSON. */
export async function readOAuthFields(request: Request): Promise<OAuthFields> {
  const text = readText(await readBody(request, maxBodyBytes))
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return withoutEmpty(readForm(text))
  if (type === 'application/json') return readJsonFields(text)
  throw new OAuthError('invalid_request', 'The body must be JSON or a form, and say which in Content-Type.')
}

function readJsonFields(text: string): OAuthFields {
  const value = parseJson(text, 'The body')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OAuthError('invalid_request', 'The body must be a JSON object.')
  }
  const fields = new Map<string, string>()
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'string') fields.set(name, field)
    else if (read.has(name) && field !== null) throw new OAuthError('invalid_request', `${name} must be a text.`)
  }
  return withoutEmpty(fields)
}

/** What the endpoints read; other members may have any type. */
const read: ReadonlySet<string> = new Set(['grant_type', 'client_id', 'client_secret', 'scope', 'token'])

/** A parameter without a value counts as left out (RFC 6749, 3.2). */
function withoutEmpty(fields: OAuthFields): OAuthFields {
  return new Map([...fields].filter(([, value]) => value !== ''))
}

interface GivenCredentials {
  readonly id: string
  /** The secret as sent, and as decoded when the client encoded it, which not all do (RFC 6749, 2.3.1). */
  readonly secrets: readonly string[]
}

export type AuthenticateClient = (request: Request, fields: OAuthFields, remoteAddress: string) => Promise<OAuthClient>

/**
 * Proves a client by HTTP Basic or by the body, never both. Only failures are counted, per client and per source: past
 * the limit they get 429, and the right secret still gets in, so that nobody can lock a good client out.
 */
export function clientAuthentication(parts: PipedreamDialectOptions): AuthenticateClient {
  const { clients, rateLimiter } = parts
  const failures = parts.authenticationFailures ?? defaultFailures

  return async (request, fields, remoteAddress) => {
    const given = readCredentials(request.headers.get('authorization'), fields)
    const client = clients.find(given.id)
    let fits = false
    for (const secret of given.secrets) if (secretFits(client, secret)) fits = true
    if (client !== undefined && fits) return client
    // Ids that do not exist share one bucket, or guessing them would fill the memory.
    const counted = client === undefined ? ['client-unknown'] : ['client', client.id]
    const decision = await rateLimiter.consume([
      { key: limitKey(['oauth-failure', ...counted]), ...failures },
      { key: limitKey(['oauth-failure', 'source', remoteAddress]), ...failures },
    ])
    if (decision?.allowed === false) {
      throw new ProxyError('rate_limited', 'Throttled', { retryAfterSeconds: Math.ceil(decision.retryAfterMs / 1000) })
    }
    throw new OAuthError('invalid_client', 'The client is unknown, or its secret is wrong.')
  }
}

function readCredentials(authorization: string | null, fields: OAuthFields): GivenCredentials {
  const id = fields.get('client_id')
  const secret = fields.get('client_secret')
  const basic = readBasic(authorization)
  if (basic !== undefined) {
    if (secret !== undefined) {
      throw new OAuthError('invalid_request', 'The client authenticates in two ways at once; use one.')
    }
    if (id !== undefined && id !== basic.id) {
      throw new OAuthError('invalid_request', 'client_id is not the one of the Authorization header.')
    }
    return basic
  }
  if (id === undefined || secret === undefined) {
    throw new OAuthError('invalid_client', 'client_id and client_secret are needed.')
  }
  return { id, secrets: [secret] }
}

/** Undefined when the header is not of the Basic scheme. */
function readBasic(authorization: string | null): GivenCredentials | undefined {
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '')
  if (match === null) {
    if (/^basic\b/i.test(authorization ?? '')) throw malformedBasic()
    return undefined
  }
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw malformedBasic()
  const secret = text.slice(colon + 1)
  return { id: decoded(text.slice(0, colon)), secrets: [...new Set([secret, decoded(secret)])] }
}

function decoded(text: string): string {
  try {
    return decodeQueryText(text, 'The Authorization header')
  } catch {
    return text
  }
}

function malformedBasic(): OAuthError {
  return new OAuthError('invalid_client', 'The Authorization header is not Basic authentication.')
}
