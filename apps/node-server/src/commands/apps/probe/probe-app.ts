import { type Account, type App, ProxyError, Secret, type Transport, type UrlTemplate } from '@proxy/core'
import { ask, type Reply } from './ask.js'

export interface Finding {
  readonly part: 'credential' | 'token' | 'metadata'
  /** `unclear`: an answer that says neither. `skipped`: there was nothing to ask, or no host to ask it of. */
  readonly verdict: 'agrees' | 'differs' | 'unclear' | 'unreached' | 'skipped'
  readonly reason: string
}

/** What the live API said of one app. */
export interface Probed {
  readonly app: App
  readonly level: 'probed' | 'differs' | 'open'
  readonly findings: readonly Finding[]
  /** What the metadata names and the definition lacks. */
  readonly additions: { readonly revoke_url?: string }
}

type Fields = Readonly<Record<string, string>>

/** Three questions to an app's hosts, none with a credential. */
export async function probeApp(app: App, fields: Fields, transport: Transport): Promise<Probed> {
  const customFields = withDefaults(app, fields)
  const account = accountOf(app, customFields)
  const [credential, token, { finding: metadata, additions }] = await Promise.all([
    probeCredential(app, customFields, transport),
    probeToken(app, account, transport),
    probeMetadata(app, account, transport),
  ])
  const findings = [credential, token, metadata]
  const isFine = ({ verdict }: Finding) => verdict === 'agrees' || verdict === 'skipped'
  const isProbed = credential.verdict === 'agrees' && isFine(token) && metadata.verdict !== 'differs'
  const level = findings.some(({ verdict }) => verdict === 'differs') ? 'differs' : isProbed ? 'probed' : 'open'
  return { app, level, findings, additions }
}

/** Without a credential, the API refuses, and asks by the scheme by which the app places it. */
async function probeCredential(app: App, fields: Fields, transport: Transport): Promise<Finding> {
  const part = 'credential'
  const { health } = app.definition
  if (app.definition.auth_type === 'none') return { part, verdict: 'skipped', reason: 'needs none' }
  if (health === undefined) return { part, verdict: 'skipped', reason: 'no health path' }
  const base = resolved(() => (app.base.kind === 'template' ? app.base.resolve(fields) : baseTarget(app)))
  if (typeof base === 'string') return { part, verdict: 'skipped', reason: base }
  const url = `${base.origin}${base.path.replace(/\/$/, '')}${health.path}`
  const method = health.method ?? 'GET'
  const reply = await ask(transport, { method, url, headers: plainHeaders(app) })
  if (typeof reply === 'string') return { part, verdict: 'unreached', reason: reply }
  const { status } = reply
  const scheme = /^\s*([A-Za-z][\w-]*)/.exec(reply.header('www-authenticate') ?? '')?.[1]
  if (status === 401 || status === 403) {
    const own = ownScheme(app)
    const isOther = scheme !== undefined && own !== undefined && scheme.toLowerCase() !== own
    const reason = scheme === undefined ? String(status) : `${status} ${scheme}`
    // Some vendors ask by one scheme for what they take by another, so that this alone proves nothing.
    return {
      part,
      verdict: isOther ? 'unclear' : 'agrees',
      reason: isOther ? `${reason}, where ${own} is placed` : reason,
    }
  }
  if (status >= 200 && status <= 299) return { part, verdict: 'differs', reason: `${status} without a credential` }
  if (status === 404) return { part, verdict: 'differs', reason: `404: there is no ${health.path}` }
  return { part, verdict: 'unclear', reason: String(status) }
}

const oauthErrors: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
])

/** A made-up code is refused as RFC 6749, 5.2 says. */
async function probeToken(app: App, account: Account, transport: Transport): Promise<Finding> {
  const part = 'token'
  const url = tokenUrl(app)
  if (url === undefined) return { part, verdict: 'skipped', reason: 'no token endpoint' }
  const target = resolved(() => url.resolve(account, app))
  if (typeof target === 'string') return { part, verdict: 'skipped', reason: target }
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'api-proxy-probe',
    client_id: 'api-proxy-probe',
    client_secret: 'api-proxy-probe',
    redirect_uri: 'https://localhost/api-proxy-probe',
  }).toString()
  const headers = ['content-type', 'application/x-www-form-urlencoded']
  const reply = await ask(transport, { method: 'POST', url: `${target.origin}${target.path}`, headers, body })
  if (typeof reply === 'string') return { part, verdict: 'unreached', reason: reply }
  return { part, ...tokenVerdict(reply) }
}

function tokenVerdict({ status, json }: Reply): Pick<Finding, 'verdict' | 'reason'> {
  const error = json?.error
  if (oauthErrors.has(error)) return { verdict: 'agrees', reason: `${status} ${String(error)}` }
  if (status === 404 || status === 405 || status === 410)
    return { verdict: 'differs', reason: `${status}: no endpoint` }
  return { verdict: 'unclear', reason: String(status) }
}

const wellKnown = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

/** RFC 8414 and OpenID Connect Discovery, at the origin of the token endpoint, where the vendor has them. */
async function probeMetadata(
  app: App,
  account: Account,
  transport: Transport,
): Promise<{ readonly finding: Finding; readonly additions: Probed['additions'] }> {
  const part = 'metadata'
  const url = tokenUrl(app)
  const target = url === undefined ? 'no token endpoint' : resolved(() => url.resolve(account, app))
  if (typeof target === 'string') return { finding: { part, verdict: 'skipped', reason: target }, additions: {} }
  let unreached: string | undefined
  for (const path of wellKnown) {
    const reply = await ask(transport, { method: 'GET', url: `${target.origin}${path}` })
    if (typeof reply === 'string') unreached = reply
    else if (reply.status === 200 && typeof reply.json?.token_endpoint === 'string')
      return compare(app, account, reply.json)
  }
  const finding: Finding =
    unreached === undefined
      ? { part, verdict: 'skipped', reason: 'the vendor publishes none' }
      : { part, verdict: 'unreached', reason: unreached }
  return { finding, additions: {} }
}

function compare(app: App, account: Account, metadata: Readonly<Record<string, unknown>>) {
  const { authorization, definition } = app
  const pairs = [
    ['token_url', tokenUrl(app), metadata.token_endpoint],
    ['authorize_url', authorization?.url, metadata.authorization_endpoint],
  ] as const
  const different = pairs.flatMap(([name, url, theirs]) => {
    const ours = url === undefined ? undefined : resolved(() => url.resolve(account, app))
    if (typeof ours !== 'object' || typeof theirs !== 'string') return []
    return sameAddress(`${ours.origin}${ours.path}`, theirs) ? [] : [`${name} is ${theirs}`]
  })
  const { revocation_endpoint: revoke } = metadata
  const lacks = definition.oauth !== undefined && definition.oauth.revoke_url === undefined
  const isAddition = lacks && typeof revoke === 'string' && revoke.startsWith('https://')
  const finding: Finding =
    different.length > 0
      ? { part: 'metadata', verdict: 'differs', reason: different.join(', ') }
      : { part: 'metadata', verdict: 'agrees', reason: 'endpoints' }
  return { finding, additions: isAddition ? { revoke_url: revoke } : {} }
}

function sameAddress(ours: string, theirs: string): boolean {
  const plain = (url: string) =>
    url
      .replace(/[?#].*$/, '')
      .replace(/\/$/, '')
      .toLowerCase()
  return plain(ours) === plain(theirs)
}

/** Undefined where tokens come otherwise than RFC 6749 says. */
function tokenUrl({ renewal }: App): UrlTemplate | undefined {
  const isOAuth = renewal?.kind === 'refresh-token' || renewal?.kind === 'client-credentials'
  return isOAuth ? renewal.settings.tokenUrl : undefined
}

/** The scheme of `Authorization` that the app places; undefined where it places nothing there. */
function ownScheme({ definition: { auth } }: App): string | undefined {
  for (const { kind, scheme } of auth) {
    if (kind === 'basic') return 'basic'
    if (kind === 'bearer') return typeof scheme === 'string' ? scheme.toLowerCase() : 'bearer'
  }
  return undefined
}

/** Default headers without fields, such as the version of an API. */
function plainHeaders({ definition: { headers = {} } }: App): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => (value.includes('{{') ? [] : [name.toLowerCase(), value]))
}

function baseTarget({ base }: App) {
  if (base.kind === 'fixed') return base.target
  throw new ProxyError('account_config_invalid', 'the app has no base')
}

/** What a URL is made to, or why it cannot be made. */
function resolved<T>(make: () => T): T | string {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    const field = String(error.details?.field ?? '').replace(/^custom_fields\./, '')
    return field === '' ? error.message : `needs --field ${field}=…`
  }
}

/** Values for hosts, for the fields that the app has. */
function withDefaults({ definition: { custom_fields = [] } }: App, given: Fields): Fields {
  return Object.fromEntries(
    custom_fields.flatMap(({ name, default: usual }) => {
      const value = Object.hasOwn(given, name) ? given[name] : usual
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** An account that nobody has. */
function accountOf({ slug }: App, customFields: Fields): Account {
  return {
    project: '',
    environment: 'development',
    id: '',
    version: 0,
    externalUserId: '',
    app: slug,
    externalId: '',
    name: undefined,
    values: new Secret({ customFields, credentials: {} }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    expiresAt: undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}
