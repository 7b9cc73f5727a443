import {
  type Account,
  type App,
  type CredentialValues,
  type JwtBearerSettings,
  type Moment,
  ProxyError,
  type SigningAlgorithm,
  type Target,
  type TokenSet,
} from '@proxy/core'
import { type Answer, readAnswer } from './answer.js'
import { assertionSecret } from './assertion-secret.js'
import type { ExchangeParts } from './exchange-parts.js'
import { answerFault, oauthError, statusFault, voidClientErrors } from './faults.js'
import { renderNamed } from './render.js'
import { signJwt } from './sign-jwt.js'
import { tokenSet } from './token-set.js'

interface Signer {
  readonly algorithm: SigningAlgorithm
  readonly secret: string | Buffer
  readonly keyId: string | undefined
  readonly issuer: string | undefined
}

/** What GitHub says to an App that was deleted, and to an installation that was taken away. */
const refusedStatuses = [401, 404]

/** A token for an assertion that the account's key signs (RFC 7523, 2.1; Google service accounts, GitHub Apps). */
export async function jwtBearer(
  account: Account,
  app: App,
  settings: JwtBearerSettings,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const values = account.values.reveal()
  const now = parts.clock.now()
  const url = settings.tokenUrl?.resolve(account, app)
  const { jwt, expiresAt } = assertion(account, settings, url, values, { now })
  if (url === undefined) return { credentials: { oauth_access_token: jwt }, expiresAt, scopes: undefined }
  const answer = await present(jwt, url, settings, values, { now }, parts)
  const tokens = tokenSet(answer, settings.answer, now)
  if (tokens !== undefined) return { credentials: tokens.credentials, expiresAt: tokens.expiresAt, scopes: undefined }
  if (settings.present === 'bearer') throw statusFault(answer, refusedStatuses)
  throw answerFault(answer, oauthError, voidClientErrors, values)
}

async function present(
  jwt: string,
  url: Target,
  settings: JwtBearerSettings,
  values: CredentialValues,
  moment: Moment,
  { fetch }: ExchangeParts,
): Promise<Answer> {
  const headers = { accept: 'application/json', 'user-agent': 'api-proxy' }
  const own = renderNamed(settings.headers, values, moment)
  const address = `${url.origin}${url.path}`
  if (settings.present === 'bearer') {
    const json = settings.json?.render(values, moment)
    const type = json === undefined ? {} : { 'content-type': 'application/json' }
    const body = json === undefined ? undefined : JSON.stringify(json)
    return await readAnswer(
      await fetch(address, {
        method: 'POST',
        headers: { ...headers, ...type, ...own, authorization: `Bearer ${jwt}` },
        body,
      }),
    )
  }
  const body = new URLSearchParams(renderNamed(settings.parameters, values, moment))
  body.set('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  body.set('assertion', jwt)
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return await readAnswer(await fetch(address, { method: 'POST', headers: { ...headers, ...type, ...own }, body }))
}

function assertion(
  account: Account,
  settings: JwtBearerSettings,
  url: Target | undefined,
  values: CredentialValues,
  moment: Moment,
): { readonly jwt: string; readonly expiresAt: number | undefined } {
  const { algorithm, secret, keyId, issuer } = signerOf(account, settings, values, moment)
  const issuedAt = Math.floor(moment.now / 1000) - settings.backdateSeconds
  const usualAudience = settings.present === 'assertion' && url !== undefined ? `${url.origin}${url.path}` : undefined
  const further = settings.claims?.render(values, moment)
  const claims = {
    iss: issuer,
    sub: settings.subject?.render(values, moment),
    aud: settings.audience?.render(values, moment) ?? usualAudience,
    scope: settings.scope?.render(values, moment),
    iat: issuedAt,
    exp: issuedAt + settings.lifetimeSeconds,
    ...(typeof further === 'object' && further),
  }
  const jwt = signJwt({ algorithm, secret, keyId, claims, account })
  return { jwt, expiresAt: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined }
}

function signerOf(account: Account, settings: JwtBearerSettings, values: CredentialValues, moment: Moment): Signer {
  const { key, serviceAccount } = settings
  if (key !== undefined) {
    return {
      algorithm: key.algorithm,
      secret: assertionSecret(key, values, moment),
      keyId: key.keyId?.render(values, moment),
      issuer: settings.issuer?.render(values, moment),
    }
  }
  const file = parseFile(serviceAccount?.render(values, moment) ?? '')
  const { client_email: email, private_key: secret, private_key_id: keyId } = file
  if (typeof email !== 'string' || typeof secret !== 'string') {
    throw new ProxyError(
      'account_config_invalid',
      `The key file of the account ${account.id} must be the JSON of a service account, with client_email and private_key.`,
      { details: { account_id: account.id } },
    )
  }
  return { algorithm: 'RS256', secret, keyId: typeof keyId === 'string' ? keyId : undefined, issuer: email }
}

function parseFile(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {} // The parser's own message quotes the text.
  }
}
