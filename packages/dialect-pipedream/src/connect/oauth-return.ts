import { Cancellation, ExchangeFailure, ExchangeRefusal, ProxyError, type TokenSet } from '@proxy/core'
import type { QueryFields } from '../read-fields.js'
import type { AuthorizationState } from './authorization-state.js'
import type { AccountValues } from './connect-account.js'
import { ConnectFault } from './connect-fault.js'
import { draftAccount, type OAuthParts, redirectUriOf, requireAuthorization } from './oauth-departure.js'
import { type AppSession, openSession, requireApp } from './session.js'
import type { Wish } from './wish.js'

/** An end user who came back from the vendor, with a state that is theirs and was not used before. */
export interface Arrival {
  readonly state: AuthorizationState
  /** Takes the cookie away. */
  readonly cookie: string
}

/** Throws a `ConnectFault` for a callback that this browser did not set out for, or that comes a second time. */
export async function arrive(
  { states, cookies }: OAuthParts,
  query: QueryFields,
  cookieHeader: string | null,
): Promise<Arrival> {
  const state = typeof query.state === 'string' ? query.state : ''
  const found = await states.find(state)
  if (found === undefined) throw foreignState('This login was finished before, or took too long.')
  if (!cookies.matches(cookieHeader, state, found.browser)) {
    throw foreignState('This login was begun in another browser, or its cookies are blocked.')
  }
  if (!(await states.take(state))) throw foreignState('This login was finished before.')
  return { state: found, cookie: cookies.clear(state) }
}

/** The page that the end user set out from. */
export function wishOf(state: AuthorizationState): Wish {
  const { token, app, oauthAppId, accountId, hideClose, view, flow } = state
  return { token, app, oauthAppId, accountId, hideClose, view, flow, search: '' }
}

/** Trades what the vendor sent along for a grant. Throws a `ConnectFault` that tells the end user why not. */
export async function exchange(
  { routes }: OAuthParts,
  clientId: string,
  state: AuthorizationState,
  query: QueryFields,
): Promise<{ readonly session: AppSession; readonly values: AccountValues }> {
  const session = requireApp(await openSession(routes, wishOf(state)))
  const redirectUri = redirectUriOf(routes, session)
  const { name } = session.app.definition
  if (!redirectUri.endsWith(`/${clientId}/callback`)) throw foreignState('This login was begun for another app.')
  if (query.error !== undefined) throw refusedBy(name, query.error)
  if (typeof query.code !== 'string' || query.code === '') {
    throw new ConnectFault('authorization_failed', `${name} sent no code along.`)
  }
  const { fields, codeVerifier, scopes } = state
  const request = { account: draftAccount(session, fields), app: session.app, redirectUri, codeVerifier }
  try {
    const tokens = await requireAuthorization(routes).exchangeCode(request, query.code, new Cancellation())
    return { session, values: valuesOf(session, fields, tokens, scopes) }
  } catch (error) {
    throw exchangeFault(name, error)
  }
}

function valuesOf(
  { account }: AppSession,
  fields: Readonly<Record<string, string>>,
  { credentials, expiresAt, scopes }: TokenSet,
  wanted: readonly string[],
): AccountValues {
  // Vendors that gave a refresh token once do not always give it again; the old one is still good then.
  const before = account?.values.reveal().credentials.oauth_refresh_token
  return {
    fields,
    credentials: {
      ...(before !== undefined && { oauth_refresh_token: before }),
      ...credentials,
      ...(expiresAt !== undefined && { expires_at: String(expiresAt) }),
    },
    authorized_scopes: [...(scopes ?? wanted)],
  }
}

/** RFC 6749, 4.1.2.1. What else the vendor says could be anybody's text. */
function refusedBy(name: string, error: unknown): ConnectFault {
  if (error === 'access_denied') return new ConnectFault('access_denied', `You did not give access to ${name}.`)
  const code = typeof error === 'string' && /^[a-z][a-z_]{0,39}$/.test(error) ? ` (${error})` : ''
  return new ConnectFault('authorization_failed', `${name} refused the request${code}.`)
}

function exchangeFault(name: string, error: unknown): ConnectFault {
  if (error instanceof ConnectFault) return error
  const options = { cause: error }
  if (error instanceof ExchangeRefusal || error instanceof ExchangeFailure) {
    return new ConnectFault('authorization_failed', `${name} gave no access: ${error.message}.`, options)
  }
  if (error instanceof ProxyError && error.code === 'account_config_invalid') {
    return new ConnectFault('not_configured', error.message, options)
  }
  return new ConnectFault('unavailable', `${name} could not be reached. Try again in a moment.`, options)
}

function foreignState(message: string): ConnectFault {
  return new ConnectFault('invalid_state', `${message} Start again from where you came.`)
}
