import { type Account, type App, hasScope } from '@proxy/core'
import { readOAuthApp, type StoredOAuthApp } from '../routes/oauth-app-store.js'
import { readProject } from '../routes/project-store.js'
import { findApp, type RouteParts } from '../routes/route-parts.js'
import { type ConnectChoice, choiceOf, isAllowed, usualApp } from '../tokens/connect-token-record.js'
import type { FoundConnectToken } from '../tokens/connect-tokens.js'
import { ConnectFault, invalidLink } from './connect-fault.js'
import type { Wish } from './wish.js'

/** What a page may do: its token, and what the address names, all of it proven to belong together. */
export interface Session {
  readonly wish: Wish
  readonly token: FoundConnectToken
  /** As the end user knows whoever sent them here. */
  readonly projectName: string
  /** Undefined: the end user is to choose. */
  readonly app: App | undefined
  /** The OAuth client that the grant is made for, when it is not the app's own. */
  readonly oauthApp: StoredOAuthApp | undefined
  /** The account that is connected again. */
  readonly account: Account | undefined
}

export type AppSession = Session & { readonly app: App }

/** Throws a `ConnectFault` for a link that cannot be used. */
export async function openSession(parts: RouteParts, wish: Wish): Promise<Session> {
  const token = await parts.connectTokens.find(wish.token)
  if (token === undefined) throw invalidLink()
  const { record } = token
  if (!hasScope(record.scopes, 'connect:accounts:write')) {
    throw new ConnectFault('not_allowed', 'This link was not made to connect accounts.')
  }
  const account = await findAccount(parts, wish, token)
  const choice = findChoice(parts, wish, token, account)
  const oauthAppId = pinned(choice?.oauthAppId ?? record.oauthAppId, wish.oauthAppId) ?? account?.oauthAppId
  const oauthApp = oauthAppId === undefined ? undefined : await readOAuthApp(parts.storage, record.project, oauthAppId)
  if (oauthAppId !== undefined && oauthApp === undefined) throw notFound('OAuth client')
  const app = chooseApp(parts, wish, token, account, oauthApp)
  if (app !== undefined && !isAllowed(record, app.slug)) throw madeForOther()
  if (app !== undefined && oauthApp !== undefined && oauthApp.record.app !== app.slug) throw notFound('OAuth client')
  const project = await readProject(parts, record.project, record.project)
  const projectName = project?.settings.app_name ?? project?.settings.name ?? record.project
  return { wish, token, projectName, app, oauthApp, account }
}

export function requireApp(session: Session): AppSession {
  const { app } = session
  if (app === undefined) throw new ConnectFault('invalid_request', 'No app was chosen.')
  return { ...session, app }
}

async function findAccount(parts: RouteParts, wish: Wish, { record }: FoundConnectToken): Promise<Account | undefined> {
  const accountId = pinned(record.accountId, wish.accountId)
  if (accountId === undefined) return undefined
  const account = await parts.storage.readAccount(record, accountId)
  if (account === undefined || account.externalUserId !== record.externalUserId) throw notFound('account')
  return account
}

/** Undefined where the end user is to choose, and for a token that is not limited. */
function findChoice(
  { apps }: RouteParts,
  { app: asked }: Wish,
  { record }: FoundConnectToken,
  account: Account | undefined,
): ConnectChoice | undefined {
  const name = asked ?? account?.app ?? usualApp(record)
  const app = name === undefined ? undefined : findApp(apps, name)
  return app === undefined ? undefined : choiceOf(record, app.slug)
}

function chooseApp(
  { apps }: RouteParts,
  wish: Wish,
  { record }: FoundConnectToken,
  account: Account | undefined,
  oauthApp: StoredOAuthApp | undefined,
): App | undefined {
  const find = (name: string | undefined): App | undefined => {
    const app = name === undefined ? undefined : findApp(apps, name)
    if (name !== undefined && app === undefined) throw notFound('app')
    return app
  }
  const app = pinned(find(usualApp(record)), find(wish.app)) ?? find(account?.app ?? oauthApp?.record.app)
  if (account !== undefined && app !== undefined && account.app !== app.slug) throw notFound('account')
  return app
}

/** What the token was made for stands; the address may repeat it, and not name another one. */
function pinned<T>(made: T | undefined, asked: T | undefined): T | undefined {
  if (made !== undefined && asked !== undefined && made !== asked) {
    throw madeForOther()
  }
  return made ?? asked
}

function madeForOther(): ConnectFault {
  return new ConnectFault('not_allowed', 'This link was made for something else. Ask for a new one.')
}

function notFound(what: 'account' | 'app' | 'OAuth client'): ConnectFault {
  return new ConnectFault('not_found', `The ${what} that this link names is not there. Ask for a new link.`)
}
