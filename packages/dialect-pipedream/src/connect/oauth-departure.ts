import { type Account, type Authorization, Secret } from '@proxy/core'
import type { RouteParts } from '../routes/route-parts.js'
import { type AuthorizationStates, randomText } from './authorization-state.js'
import type { BrowserCookies } from './browser-cookie.js'
import { ConnectFault } from './connect-fault.js'
import type { AppSession } from './session.js'

export interface OAuthParts {
  readonly routes: RouteParts
  readonly states: AuthorizationStates
  readonly cookies: BrowserCookies
}

export interface Departure {
  /** The vendor's address. */
  readonly address: string
  /** `Set-Cookie`. */
  readonly cookie: string
}

/** Begins an authorization: remembers it, binds it to this browser, and says where the browser goes. */
export async function depart(
  { routes, states, cookies }: OAuthParts,
  session: AppSession,
  fields: Readonly<Record<string, string>>,
): Promise<Departure> {
  const { app, oauthApp, account, wish } = session
  const authorization = requireAuthorization(routes)
  const state = randomText()
  const codeVerifier = randomText()
  const scopes = wantedScopes(session)
  const cookie = cookies.create(state)
  const address = await authorization.authorizeUrl(
    { account: draftAccount(session, fields), app, redirectUri: redirectUriOf(routes, session), codeVerifier },
    state,
    scopes,
  )
  await states.save(state, {
    token: wish.token,
    app: app.slug,
    ...(oauthApp !== undefined && { oauthAppId: oauthApp.id }),
    ...(account !== undefined && { accountId: account.id }),
    fields: { ...fields },
    codeVerifier,
    scopes: [...scopes],
    browser: cookie.digest,
    view: wish.view,
    hideClose: wish.hideClose,
    ...(wish.flow !== undefined && { flow: wish.flow }),
  })
  return { address, cookie: cookie.line }
}

export function requireAuthorization({ authorization }: RouteParts): Authorization {
  if (authorization !== undefined) return authorization
  throw new ConnectFault('not_configured', 'This server is not set up to connect accounts through a login.')
}

/** Each client has a redirect address of its own, so that the code of one is never taken for another's. */
export function redirectUriOf({ baseUrl }: RouteParts, { app, oauthApp }: AppSession): string {
  return `${baseUrl}/connect/oauth/${oauthApp?.id ?? app.id}/callback`
}

function wantedScopes({ app, oauthApp }: AppSession): readonly string[] {
  const usual = app.authorization?.scopes ?? []
  if (oauthApp === undefined) return usual
  const { scopes, additional_scopes } = oauthApp.record
  return [...new Set([...(scopes.length > 0 ? scopes : usual), ...additional_scopes])]
}

/** The account as it would be, for what address and exchange take from it. */
export function draftAccount(
  { account, app, oauthApp, token: { record } }: AppSession,
  fields: Readonly<Record<string, string>>,
): Account {
  const before = account?.values.reveal().customFields
  const draft = account ?? {
    ...emptyAccount,
    project: record.project,
    environment: record.environment,
    externalUserId: record.externalUserId,
    app: app.slug,
  }
  return {
    ...draft,
    oauthAppId: oauthApp?.id,
    values: new Secret({ customFields: { ...before, ...fields }, credentials: {} }),
  }
}

const emptyAccount = {
  id: '',
  version: 0,
  externalId: '',
  name: undefined,
  authorizedScopes: [],
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  lastRefreshedAt: undefined,
  dead: false,
  error: undefined,
}
