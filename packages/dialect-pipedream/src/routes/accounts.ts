import { type Account, type Caller, hasScope, type Scope } from '@proxy/core'
import { z } from 'zod'
import { choiceOf, isAllowed, usualApp } from '../tokens/connect-token-record.js'
import { accountJson } from './account-json.js'
import { eachAccount } from './each-account.js'
import { oauthAppExists } from './oauth-app-store.js'
import { type PageWish, pageAnswer, pageQuery, readPageWish } from './paging.js'
import { defineRoute, invalidField, noBody, notFound, type Route } from './route.js'
import { findApp, type RouteParts } from './route-parts.js'
import { type AccountOwner, accountBody, createAccount, reconnectAccount } from './save-account.js'
import { accountSchema, idText, listOf, queryFlag, userId } from './schemas.js'

const inProject = z.object({ project: z.string().optional() })
const withAccount = inProject.extend({ account: idText })
const withApp = inProject.extend({ app: idText })
const listQuery = pageQuery.extend({
  external_user_id: userId.optional(),
  app: z.string().min(1).optional(),
  oauth_app_id: z.string().min(1).optional(),
  include_credentials: queryFlag.optional(),
})

export function accountRoutes(parts: RouteParts): readonly Route[] {
  const { storage, apps } = parts
  const reading = { tag: 'accounts', scope: 'connect:accounts:read', forBrowsers: true, status: 200 } as const
  const removing = { method: 'delete', tag: 'accounts', scope: 'connect:accounts:write', status: 204 } as const

  /** The account, or `record_not_found` when the caller has no such one. */
  async function readOwn(scope: Scope, id: string, caller: Caller): Promise<Account> {
    const account = await storage.readAccount(scope, id)
    if (account === undefined || !isTheirs(account.externalUserId, caller)) throw notFound()
    return account
  }

  async function listPage(scope: Scope, caller: Caller, query: z.output<typeof listQuery>, wish: PageWish) {
    const app = query.app === undefined ? undefined : findApp(apps, query.app)
    const externalUserId = query.external_user_id ?? caller.externalUserId
    const nothing = { rows: [], totalCount: 0, hasMore: false }
    if (query.app !== undefined && app === undefined) return nothing
    if (externalUserId !== undefined && !isTheirs(externalUserId, caller)) return nothing
    return storage.listAccounts({
      scope,
      ...wish,
      ...(app === undefined ? undefined : { app: app.slug }),
      ...(externalUserId === undefined ? undefined : { externalUserId }),
      ...(query.oauth_app_id === undefined ? undefined : { oauthAppId: query.oauth_app_id }),
    })
  }

  const list = defineRoute(
    {
      ...reading,
      method: 'get',
      path: '/v1/connect/{project}/accounts',
      aliases: ['/v1/connect/accounts', '/v1/accounts'],
      summary: 'List accounts',
      params: inProject,
      query: listQuery,
      body: noBody,
      answer: listOf(accountSchema),
    },
    async ({ query, scope, caller }) => {
      const wish = readPageWish(query)
      const page = await listPage(scope, caller, query, wish)
      const withCredentials = query.include_credentials === true && mayReadCredentials(caller)
      return pageAnswer(
        page,
        wish,
        ({ id }) => id,
        (account) => accountJson(account, apps, withCredentials),
      )
    },
  )

  const create = defineRoute(
    {
      method: 'post',
      tag: 'accounts',
      scope: 'connect:accounts:write',
      forBrowsers: true,
      status: 200,
      path: '/v1/connect/{project}/accounts',
      aliases: ['/v1/connect/accounts', '/v1/accounts'],
      summary: 'Connect an account, or connect one again',
      params: inProject,
      query: z.object({ external_user_id: userId.optional(), oauth_app_id: z.string().min(1).optional() }),
      body: accountBody,
      answer: accountSchema,
    },
    async ({ query, body, scope, caller, bearer }) => {
      const own = caller.kind === 'connect-token' ? bearer : undefined
      const byToken = await readConnectToken(body.connect_token ?? own, scope)
      const externalUserId = query.external_user_id ?? byToken?.externalUserId ?? caller.externalUserId
      if (externalUserId === undefined) throw invalidField('external_user_id', 'is required')
      if (!isTheirs(externalUserId, caller)) throw notFound()
      if (byToken !== undefined && byToken.externalUserId !== externalUserId) {
        throw invalidField('connect_token', 'was made for another user')
      }
      const appName = body.app_slug ?? (byToken && usualApp(byToken))
      if (appName === undefined) throw invalidField('app_slug', 'is required')
      const app = findApp(apps, appName)
      if (app === undefined) throw notFound()
      if (byToken !== undefined && !isAllowed(byToken, app.slug)) {
        throw invalidField('app_slug', 'is not among the apps that the connect token was made for')
      }
      const choice = byToken && choiceOf(byToken, app.slug)
      const oauthAppId = query.oauth_app_id ?? choice?.oauthAppId ?? byToken?.oauthAppId
      if (oauthAppId !== undefined && !(await oauthAppExists(storage, scope.project, oauthAppId))) throw notFound()
      const owner: AccountOwner = { ...scope, externalUserId, oauthAppId, externalIdPrefix: choice?.externalIdPrefix }
      const accountId = body.account_id ?? byToken?.accountId
      if (byToken?.accountId !== undefined && byToken.accountId !== accountId) {
        throw invalidField('account_id', 'is not the account that the connect token was made for')
      }
      const account =
        accountId === undefined
          ? await createAccount(parts, owner, app, body)
          : await reconnectAccount(parts, owner, app, accountId, body)
      return accountJson(account, apps, false)
    },
  )

  async function readConnectToken(token: string | undefined, scope: Scope) {
    if (token === undefined) return undefined
    const record = (await parts.connectTokens.find(token))?.record
    if (record?.project === scope.project && record.environment === scope.environment) return record
    throw invalidField('connect_token', 'is unknown, expired or of another project')
  }

  const retrieve = defineRoute(
    {
      ...reading,
      method: 'get',
      path: '/v1/connect/{project}/accounts/{account}',
      aliases: ['/v1/connect/accounts/{account}', '/v1/accounts/{account}'],
      summary: 'Get an account',
      params: withAccount,
      query: z.object({ include_credentials: queryFlag.optional() }),
      body: noBody,
      answer: accountSchema,
    },
    async ({ params, query, scope, caller }) => {
      const account = await readOwn(scope, params.account, caller)
      return accountJson(account, apps, query.include_credentials === true && mayReadCredentials(caller))
    },
  )

  const remove = defineRoute(
    {
      ...removing,
      forBrowsers: true,
      path: '/v1/connect/{project}/accounts/{account}',
      aliases: ['/v1/connect/accounts/{account}', '/v1/accounts/{account}'],
      summary: 'Delete an account',
      params: withAccount,
      query: z.object({}),
      body: noBody,
      answer: undefined,
    },
    async ({ params, scope, caller }) => {
      const { id } = await readOwn(scope, params.account, caller)
      if (!(await storage.deleteAccount(scope, id))) throw notFound()
    },
  )

  const removeOfApp = defineRoute(
    {
      ...removing,
      forBrowsers: false,
      path: '/v1/connect/{project}/apps/{app}/accounts',
      aliases: ['/v1/connect/{project}/accounts/app/{app}', '/v1/connect/accounts/app/{app}'],
      summary: 'Delete all accounts of an app',
      params: withApp,
      query: z.object({}),
      body: noBody,
      answer: undefined,
    },
    async ({ params, scope }) => {
      const app = findApp(apps, params.app)
      if (app === undefined) throw notFound()
      for await (const { id } of eachAccount(storage, { scope, app: app.slug })) await storage.deleteAccount(scope, id)
    },
  )

  return [list, create, retrieve, remove, removeOfApp]
}

/** A browser never reads a credential, whatever its token's scopes. */
export function mayReadCredentials(caller: Caller): boolean {
  return caller.kind !== 'connect-token' && hasScope(caller.scopes, 'connect:accounts:read')
}

function isTheirs(externalUserId: string, caller: Caller): boolean {
  return caller.externalUserId === undefined || caller.externalUserId === externalUserId
}
