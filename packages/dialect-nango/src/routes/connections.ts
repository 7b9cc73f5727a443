import { type Account, type AccountDirectory, ProxyError, type Scope } from '@proxy/core'
import { z } from 'zod'
import { connectionRow, fullConnection } from '../connections/connection-json.js'
import { type EndUser, readConnectionRecord, withConnectionRecord } from '../connections/connection-record.js'
import { changeConnection, saveConnection } from '../connections/save-connection.js'
import { readExternalId } from '../integrations/external-id.js'
import { answer, defineRoute, missing, noBody, type Route } from './route.js'
import { type FoundIntegration, type RouteParts, requireIntegration } from './route-parts.js'
import { absent, connectionId, endUser, integrationKey, jsonObject, queryFlag, tags } from './schemas.js'

const withKey = z.object({ provider_config_key: integrationKey })

const oneQuery = withKey.extend({
  force_refresh: queryFlag.optional(),
  refresh_token: queryFlag.optional(),
  refresh_github_app_jwt_token: queryFlag.optional(),
})

const wholeNumber = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'must be a whole number' })
    .transform(Number)
    .refine((value) => value <= most, { error: `must be at most ${most}` })

/** Several keys may stand there with commas between them; no key holds one. */
const integrationKeys = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .refine((keys) => keys.length <= 100, { error: 'must name at most 100 integrations' })

const listQuery = z.looseObject({
  connectionId: z.string().optional(),
  search: z.string().optional(),
  endUserId: z.string().optional(),
  endUserOrganizationId: z.string().optional(),
  integrationId: integrationKeys.optional(),
  limit: wholeNumber(10_000).optional(),
  page: wholeNumber(1_000_000).optional(),
})

const createBody = z.object({
  provider_config_key: integrationKey,
  connection_id: absent(connectionId),
  credentials: z.looseObject({ type: z.string() }),
  connection_config: absent(jsonObject),
  metadata: absent(jsonObject),
  tags: absent(tags),
  end_user: absent(endUser),
})

const patchBody = z.object({ end_user: endUser.optional(), tags: tags.optional() })

/** Rows of a list when nobody says how many. */
const usualLimit = 1_000

export function connectionRoutes(parts: RouteParts): readonly Route[] {
  const { storage, apps, clock } = parts
  const reading = { scope: 'connect:accounts:read' } as const
  const writing = { scope: 'connect:accounts:write' } as const
  const one = { path: '/connections/{id+}', aliases: ['/connection/{id+}'] } as const
  const all = { path: '/connections', aliases: ['/connection'] } as const

  const list = defineRoute({ ...reading, ...all, method: 'get', query: listQuery, body: noBody }, async (call) => {
    const { query, scope } = call
    const { limit = usualLimit, page = 0, integrationId: keys } = query
    const integrations = keys && (await Promise.all(keys.map((key) => requireIntegration(parts, scope, key))))
    const fits = filterOf(query)
    const connections: object[] = []
    let skipped = 0
    for await (const account of accountsOf(storage, scope, integrations, query.endUserId)) {
      const integration = integrations?.find((one) => isOf(account, one))
      if ((integrations !== undefined && integration === undefined) || !fits(account)) continue
      if (skipped < page * limit) skipped += 1
      else if (connections.length < limit) connections.push(connectionRow(account, apps, integration?.key))
      else break
    }
    return answer({ connections })
  })

  const create = defineRoute(
    { ...writing, ...all, method: 'post', query: z.object({}), body: createBody },
    async ({ body, scope }) => {
      const integration = await requireIntegration(parts, scope, body.provider_config_key)
      const account = await saveConnection(parts, scope, integration, {
        connectionId: body.connection_id ?? crypto.randomUUID(),
        credentials: body.credentials,
        config: body.connection_config ?? {},
        metadata: body.metadata,
        tags: body.tags,
        endUser: body.end_user,
      })
      const shown = { key: integration.key, withRefreshToken: true, now: clock.now() }
      return answer(fullConnection(account, apps, shown), 201)
    },
  )

  async function readOwn(scope: Scope, integration: FoundIntegration, id: string, spelled: string): Promise<Account> {
    const account = await storage.readAccountByExternalId(scope, integration.app.slug, integration.prefix + id)
    if (account === undefined) throw missing(spelled, `Failed to find the connection ${id}.`)
    return account
  }

  const retrieve = defineRoute(
    { ...reading, ...one, method: 'get', query: oneQuery, body: noBody },
    async ({ params, query, scope }) => {
      const integration = await requireIntegration(parts, scope, query.provider_config_key)
      const account = await readOwn(scope, integration, params.id ?? '', 'not_found')
      const fresh = await freshen(parts, account, integration, query.force_refresh === true)
      const shown = { key: integration.key, withRefreshToken: query.refresh_token === true, now: clock.now() }
      return answer(fullConnection(fresh, apps, shown))
    },
  )

  const patch = defineRoute(
    { ...writing, ...one, method: 'patch', query: withKey, body: patchBody },
    async ({ params, query, body, scope }) => {
      const integration = await requireIntegration(parts, scope, query.provider_config_key)
      const { id } = await readOwn(scope, integration, params.id ?? '', 'not_found')
      const { end_user: user, tags: given } = body
      const changed = await changeConnection(parts, scope, id, (before) => ({
        ...before,
        externalUserId: user?.id ?? before.externalUserId,
        name: user?.display_name ?? before.name,
        metadata: withConnectionRecord(before, {
          ...(user !== undefined && { end_user: user }),
          ...(given !== undefined && { tags: given }),
        }),
      }))
      if (changed === undefined) throw missing('not_found', `Failed to find the connection ${params.id}.`)
      return answer({ success: true })
    },
  )

  const remove = defineRoute(
    { ...writing, ...one, method: 'delete', query: withKey, body: noBody },
    async ({ params, query, scope }) => {
      const integration = await requireIntegration(parts, scope, query.provider_config_key)
      const { id } = await readOwn(scope, integration, params.id ?? '', 'unknown_connection')
      if (!(await storage.deleteAccount(scope, id))) {
        throw missing('unknown_connection', `Failed to find the connection ${params.id}.`)
      }
      return answer({ success: true })
    },
  )

  return [list, create, retrieve, patch, remove]
}

/** With a token that is valid now, or a new one if that is wanted. A dead grant ends the call. */
async function freshen(
  { refresher }: RouteParts,
  account: Account,
  { app }: FoundIntegration,
  isForced: boolean,
): Promise<Account> {
  if (refresher === undefined) return account
  if (account.dead && app.renewal !== undefined) {
    throw new ProxyError('account_reauth_required', 'The connection has to be made again.')
  }
  if (refresher.isDue(account, app)) return refresher.refresh(account, app)
  return isForced ? refresher.renewRefused(account, app) : account
}

async function* accountsOf(
  storage: AccountDirectory,
  scope: Scope,
  integrations: readonly FoundIntegration[] | undefined,
  externalUserId: string | undefined,
): AsyncGenerator<Account> {
  const slugs = integrations === undefined ? [undefined] : new Set(integrations.map(({ app }) => app.slug))
  for (const app of slugs) {
    const query = {
      scope,
      limit: 100,
      ...(app !== undefined && { app }),
      ...(externalUserId !== undefined && { externalUserId }),
    }
    let after: string | undefined
    do {
      const page = await storage.listAccounts({ ...query, ...(after !== undefined && { after }) })
      yield* page.rows
      after = page.hasMore ? page.rows.at(-1)?.id : undefined
    } while (after !== undefined)
  }
}

function isOf(account: Account, { app, key, prefix }: FoundIntegration): boolean {
  const named = readExternalId(account.externalId)
  return account.app === app.slug && named.key === (prefix === '' ? undefined : key)
}

function filterOf(query: z.output<typeof listQuery>): (account: Account) => boolean {
  const wantedTags = Object.entries(query).flatMap(([name, value]) => {
    const tag = /^tags\[(.+)\]$/.exec(name)?.[1]
    return tag === undefined ? [] : [[tag.toLowerCase(), value] as const]
  })
  const search = query.search?.toLowerCase()
  return (account) => {
    const { connectionId: id } = readExternalId(account.externalId)
    if (query.connectionId !== undefined && id !== query.connectionId) return false
    if (search === undefined && wantedTags.length === 0 && query.endUserOrganizationId === undefined) return true
    const record = readConnectionRecord(account)
    const user = record.end_user
    if (query.endUserOrganizationId !== undefined && user?.organization?.id !== query.endUserOrganizationId) {
      return false
    }
    const tagged = [...Object.entries(record.tags), ...tagsOfUser(user)]
    if (!wantedTags.every(([tag, value]) => tagged.some((own) => own[0].toLowerCase() === tag && own[1] === value))) {
      return false
    }
    const texts = [id, account.externalUserId, user?.display_name, user?.email]
    return search === undefined || texts.some((text) => text?.toLowerCase().includes(search) === true)
  }
}

/** The SDK asks for names and addresses of end users as if they were tags. */
function tagsOfUser(user: EndUser | null | undefined): readonly (readonly [string, string | null | undefined])[] {
  return [
    ['end_user_display_name', user?.display_name],
    ['end_user_email', user?.email],
  ]
}
