import { createHash } from 'node:crypto'
import type { Scope } from '@proxy/core'
import { z } from 'zod'
import { accountJson } from './account-json.js'
import { mayReadCredentials } from './accounts.js'
import { eachAccount } from './each-account.js'
import { pageAnswer, pageQuery, readPageWish } from './paging.js'
import { defineRoute, noBody, type Route } from './route.js'
import { findApp, isoTime, type RouteParts } from './route-parts.js'
import { accountSchema, listOf, queryFlag, userId, userSchema } from './schemas.js'

const inProject = z.object({ project: z.string().optional() })
const withUser = inProject.extend({ user: userId })

export function userRoutes(parts: RouteParts): readonly Route[] {
  const { storage, apps, connectTokens, authenticator } = parts
  const shared = { tag: 'users', forBrowsers: false } as const

  /** A user is what its accounts are: it began with the oldest and changed with the one that changed last. */
  async function userJson(scope: Scope, externalUserId: string): Promise<z.output<typeof userSchema>> {
    let createdAt = Number.POSITIVE_INFINITY
    let updatedAt = 0
    for await (const account of eachAccount(storage, { scope, externalUserId })) {
      createdAt = Math.min(createdAt, account.createdAt)
      updatedAt = Math.max(updatedAt, account.updatedAt)
    }
    const now = parts.clock.now()
    return {
      id: userRowId(scope, externalUserId),
      external_id: externalUserId,
      created_at: isoTime(Number.isFinite(createdAt) ? createdAt : now),
      updated_at: isoTime(updatedAt === 0 ? now : updatedAt),
    }
  }

  return [
    defineRoute(
      {
        ...shared,
        method: 'get',
        path: '/v1/connect/{project}/users',
        aliases: ['/v1/connect/users'],
        summary: 'List the end users that have accounts',
        scope: 'connect:users:read',
        params: inProject,
        query: pageQuery.extend({ q: z.string().optional().describe('a part of the external id') }),
        body: noBody,
        status: 200,
        answer: listOf(userSchema),
      },
      async ({ query, scope }) => {
        const wish = readPageWish(query)
        const page = await storage.listUsers({
          scope,
          ...wish,
          ...(query.q === undefined || query.q === '' ? undefined : { search: query.q }),
        })
        const rows = await Promise.all(page.rows.map((externalUserId) => userJson(scope, externalUserId)))
        return pageAnswer(
          { ...page, rows },
          wish,
          (row) => row.external_id,
          (row) => row,
        )
      },
    ),
    defineRoute(
      {
        ...shared,
        method: 'get',
        path: '/v1/connect/{project}/users/{user}/accounts',
        aliases: ['/v1/connect/users/{user}/accounts'],
        summary: 'All accounts of an end user',
        scope: 'connect:accounts:read',
        params: withUser,
        query: z.object({ app: z.string().min(1).optional(), include_credentials: queryFlag.optional() }),
        body: noBody,
        status: 200,
        answer: z.array(accountSchema),
      },
      async ({ params, query, scope, caller }) => {
        const app = query.app === undefined ? undefined : findApp(apps, query.app)
        if (query.app !== undefined && app === undefined) return []
        const withCredentials = query.include_credentials === true && mayReadCredentials(caller)
        const found = []
        const wanted = { scope, externalUserId: params.user, ...(app === undefined ? undefined : { app: app.slug }) }
        for await (const account of eachAccount(storage, wanted))
          found.push(accountJson(account, apps, withCredentials))
        return found
      },
    ),
    defineRoute(
      {
        ...shared,
        method: 'delete',
        // The 1.x client does not encode the id, so that one with a slash has further segments.
        path: '/v1/connect/{project}/users/{user+}',
        aliases: ['/v1/connect/users/{user+}'],
        summary: 'Delete an end user: all accounts and connect tokens',
        scope: 'connect:users:write',
        params: withUser,
        query: z.object({}),
        body: noBody,
        status: 204,
        answer: undefined,
      },
      async ({ params, scope }) => {
        for (const { id, expiresAt } of await connectTokens.listOfUser(scope, params.user)) {
          await authenticator.revoke(id, expiresAt)
          await connectTokens.delete(id)
        }
        for await (const { id } of eachAccount(storage, { scope, externalUserId: params.user })) {
          await storage.deleteAccount(scope, id)
        }
      },
    ),
  ]
}

/** `exu_` and a digest: the same user has the same id on every instance, and needs no record. */
function userRowId({ project, environment }: Scope, externalUserId: string): string {
  const tuple = JSON.stringify([project, environment, externalUserId])
  return `exu_${createHash('sha256').update(tuple).digest('hex').slice(0, 16)}`
}
