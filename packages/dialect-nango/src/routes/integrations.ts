import type { AppSummary, Scope } from '@proxy/core'
import { z } from 'zod'
import { readExternalId } from '../integrations/external-id.js'
import type { Integration } from '../integrations/integrations.js'
import { invalid } from '../refusal.js'
import { answer, defineRoute, noBody, noQuery, type Route } from './route.js'
import { type FoundIntegration, isoTime, type RouteParts, requireIntegration } from './route-parts.js'
import { integrationKey, jsonObject } from './schemas.js'

const credentials = z.looseObject({
  type: z.string(),
  client_id: z.string().min(1).max(1024).nullish(),
  client_secret: z.string().min(1).max(16_384).nullish(),
  scopes: z.string().max(16_384).nullish(),
})

const displayName = z.string().min(1).max(255)

const createBody = z.object({
  provider: z.string().min(1).max(255),
  unique_key: integrationKey,
  display_name: displayName.optional(),
  credentials: credentials.optional(),
  forward_webhooks: z.boolean().optional(),
  integration_config: jsonObject.optional(),
  custom: jsonObject.optional(),
})

const patchBody = createBody.omit({ provider: true }).partial()

export function integrationRoutes(parts: RouteParts): readonly Route[] {
  const { apps, integrations } = parts
  const reading = { scope: 'connect:accounts:read', body: noBody } as const
  const writing = { scope: 'connect:projects:write', query: noQuery } as const
  const all = { path: '/integrations' } as const
  const one = { path: '/integrations/{key}' } as const

  const list = defineRoute({ ...reading, ...all, method: 'get', query: noQuery }, async ({ scope }) => {
    const made = new Map((await integrations.list(scope)).map((stored) => [stored.key, stored]))
    // What the catalogue knows is a provider; it becomes an integration when somebody makes one of it.
    const own = apps.list().filter(({ slug, isFromCatalog }) => !isFromCatalog || made.has(slug))
    const slugs = new Set(own.map(({ slug }) => slug))
    const named = [...made.values()].flatMap((stored) => {
      const app = slugs.has(stored.key) ? undefined : (apps.find(stored.key) ?? apps.find(stored.app))
      return app === undefined ? [] : [json({ key: stored.key, app, stored })]
    })
    return answer({ data: [...named, ...own.map((app) => json({ key: app.slug, app, stored: made.get(app.slug) }))] })
  })

  const create = defineRoute({ ...writing, ...all, method: 'post', body: createBody }, async ({ body, scope }) => {
    const app = apps.find(body.provider)
    if (app === undefined) throw wrong('provider', 'is not a known provider')
    const { unique_key: key } = body
    const namesake = apps.find(key)
    if (namesake !== undefined && namesake !== app) throw wrong('unique_key', 'is the name of another provider')
    const stored = await integrations.create(scope, { key, app: app.slug, displayName: body.display_name })
    if (stored === undefined) throw wrong('unique_key', 'is taken by another integration')
    const withClient = await setClient(scope, key, body.credentials)
    return answer({ data: json({ key, app, stored: withClient ?? stored }) })
  })

  const retrieve = defineRoute(
    { ...reading, ...one, method: 'get', query: z.looseObject({ include: z.string().optional() }) },
    async ({ params, query, scope }) => {
      const found = await requireIntegration(parts, scope, params.key ?? '')
      const included = query.include === 'credentials' ? { credentials: await showClient(scope, found.stored) } : {}
      const webhook = query.include === 'webhook' ? { webhook_url: null } : {}
      return answer({ data: { ...json(found), ...webhook, ...included } })
    },
  )

  const patch = defineRoute(
    { ...writing, ...one, method: 'patch', body: patchBody },
    async ({ params, body, scope }) => {
      const found = await requireIntegration(parts, scope, params.key ?? '')
      const { key, app } = found
      if (body.unique_key !== undefined && body.unique_key !== key) {
        throw wrong('unique_key', 'cannot be changed, because connections are found by it; make another integration')
      }
      let stored = found.stored ?? (await integrations.create(scope, { key, app: app.slug, displayName: undefined }))
      if (body.display_name !== undefined) stored = await integrations.rename(scope, key, body.display_name)
      stored = (await setClient(scope, key, body.credentials)) ?? stored
      return answer({ data: json({ ...found, stored }) })
    },
  )

  const remove = defineRoute({ ...writing, ...one, method: 'delete', body: noBody }, async ({ params, scope }) => {
    const found = await requireIntegration(parts, scope, params.key ?? '')
    if (found.stored === undefined) throw wrong('unique_key', "is part of the server's configuration")
    if (found.prefix !== '') await deleteConnections(scope, found)
    await integrations.delete(scope, found.key)
    return answer({ success: true })
  })

  /** Those of a name of its own go with it; those of an app stay as long as the app does. */
  async function deleteConnections(scope: Scope, { app, key }: FoundIntegration): Promise<void> {
    let after: string | undefined
    for (;;) {
      const query = { scope, app: app.slug, limit: 100, ...(after !== undefined && { after }) }
      const { rows, hasMore } = await parts.storage.listAccounts(query)
      for (const { id, externalId } of rows) {
        if (readExternalId(externalId).key === key) await parts.storage.deleteAccount(scope, id)
      }
      after = rows.at(-1)?.id
      if (!hasMore || after === undefined) return
    }
  }

  async function setClient(
    scope: Scope,
    key: string,
    given: z.output<typeof credentials> | undefined,
  ): Promise<Integration | undefined> {
    const { client_id: clientId, client_secret: clientSecret, scopes } = given ?? {}
    if (!clientId || !clientSecret) return undefined
    return integrations.setClient(scope, key, {
      clientId,
      clientSecret,
      scopes: (scopes ?? '').split(/[\s,]+/).filter((text) => text !== ''),
    })
  }

  async function showClient(scope: Scope, stored: Integration | undefined): Promise<object | null> {
    const id = stored?.oauthAppId
    const client = id === undefined ? undefined : await integrations.readClient(scope, id)
    if (client === undefined) return null
    const { clientId, scopes } = client
    return {
      type: 'OAUTH2',
      client_id: clientId,
      client_secret: null,
      scopes: scopes.join(','),
      webhook_secret: null,
    }
  }

  return [list, create, retrieve, patch, remove]
}

function json({ key, app, stored }: Pick<FoundIntegration, 'key' | 'stored'> & { readonly app: AppSummary }): object {
  const { definition } = app
  return {
    unique_key: key,
    provider: app.slug,
    display_name: stored?.displayName ?? definition.name,
    logo: definition.img_src ?? '',
    forward_webhooks: false,
    created_at: isoTime(stored?.createdAt ?? 0),
    updated_at: isoTime(stored?.updatedAt ?? 0),
  }
}

function wrong(field: string, message: string) {
  return invalid('invalid_body', [{ code: 'invalid_value', message, path: [field] }])
}
