import { type App, oauthClientSealContext, ProxyError } from '@proxy/core'
import { z } from 'zod'
import { appJson, missingAppJson } from './app-json.js'
import {
  deleteOAuthApp,
  listOAuthApps,
  type OAuthAppRecord,
  readOAuthApp,
  type StoredOAuthApp,
  writeOAuthApp,
} from './oauth-app-store.js'
import { pageAnswer, pageOfRows, pageQuery, readPageWish } from './paging.js'
import { defineRoute, noBody, notFound, type Route } from './route.js'
import { findApp, isoTime, newId, present, type RouteParts } from './route-parts.js'
import { idText, listOf, maybe, nameText, oauthAppSchema } from './schemas.js'

const inProject = z.object({ project: z.string().optional() })
const withId = inProject.extend({ id: idText })
const scopeList = z.array(z.string().min(1).max(512)).max(500)
const secretText = z.string().min(1).max(16_384)
/** A form that shows no secret sends a blank one when it saves the rest. */
const changedSecret = maybe(z.string().max(16_384)).transform((text) => (text?.trim() === '' ? undefined : text))

const updateBody = z.object({
  client_id: maybe(z.string().min(1).max(1024)),
  client_secret: changedSecret.describe('stored sealed, never answered; a blank one leaves what is stored'),
  name: maybe(nameText),
  description: maybe(z.string().max(4096)),
  scopes: maybe(scopeList),
  additional_scopes: maybe(scopeList),
})

const createBody = updateBody.extend({
  app: z.string().min(1).describe('slug or id'),
  client_id: z.string().min(1).max(1024),
  client_secret: secretText.describe('stored sealed, never answered'),
})

const list = '/v1/connect/{project}/oauth_apps'
const one = '/v1/connect/{project}/oauth_apps/{id}'

export function oauthAppRoutes(parts: RouteParts): readonly Route[] {
  const { storage, apps, clock, sealer } = parts
  const reading = { tag: 'oauth apps', scope: 'connect:projects:read', forBrowsers: false, body: noBody } as const
  const writing = { tag: 'oauth apps', scope: 'connect:projects:write', forBrowsers: false } as const

  async function readOwn(project: string, id: string): Promise<StoredOAuthApp> {
    const found = await readOAuthApp(storage, project, id)
    if (found === undefined) throw notFound()
    return found
  }

  function seal(secret: string, project: string, id: string): string {
    return sealer === undefined ? secret : sealer.seal(secret, oauthClientSealContext(project, id))
  }

  async function save(project: string, stored: StoredOAuthApp): Promise<unknown> {
    if (!(await writeOAuthApp(storage, project, stored))) {
      throw new ProxyError('overloaded', 'The record is being changed by others; try again.', { retryAfterSeconds: 1 })
    }
    return json(stored, project)
  }

  function json({ id, record }: StoredOAuthApp, project: string): z.output<typeof oauthAppSchema> {
    const app = apps.find(record.app)
    const shown = app === undefined ? missingAppJson(record.app) : appJson(app)
    return {
      ...shown,
      id,
      name: record.name ?? shown.name,
      description: record.description ?? shown.description,
      client_id: record.client_id,
      owner_id: project,
      scopes: record.scopes,
      additional_scopes: record.additional_scopes,
      redirect_uri: `${parts.baseUrl}/connect/oauth/${id}/callback`,
      created_at: isoTime(record.created_at),
      updated_at: isoTime(record.updated_at),
    }
  }

  return [
    defineRoute(
      {
        ...reading,
        method: 'get',
        path: list,
        aliases: ['/v1/connect/oauth_apps'],
        summary: "List the project's own OAuth clients",
        params: inProject,
        query: pageQuery.extend({
          app: z.string().min(1).optional(),
          q: z.string().optional().describe('a part of the slug, the name or the description'),
        }),
        status: 200,
        answer: listOf(oauthAppSchema),
      },
      async ({ query, scope: { project } }) => {
        const wish = readPageWish(query)
        const app = query.app === undefined ? undefined : findApp(apps, query.app)
        const rows = (await listOAuthApps(storage, project)).filter(
          (stored) =>
            (query.app === undefined || stored.record.app === app?.slug) && matches(json(stored, project), query.q),
        )
        const idOf = ({ id }: StoredOAuthApp) => id
        return pageAnswer(pageOfRows(rows, wish, idOf), wish, idOf, (row) => json(row, project))
      },
    ),
    defineRoute(
      {
        ...writing,
        method: 'post',
        path: list,
        aliases: ['/v1/connect/oauth_apps'],
        summary: 'Bring an OAuth client along',
        params: inProject,
        query: z.object({}),
        body: createBody,
        status: 200,
        answer: oauthAppSchema,
      },
      async ({ body, scope: { project } }) => {
        const app: App | undefined = findApp(apps, body.app)
        if (app === undefined) throw notFound()
        const id = newId('oa')
        const now = clock.now()
        const record: OAuthAppRecord = {
          app: app.slug,
          client_id: body.client_id,
          client_secret: seal(body.client_secret, project, id),
          scopes: body.scopes ?? [],
          additional_scopes: body.additional_scopes ?? [],
          created_at: now,
          updated_at: now,
          ...present('name', body.name),
          ...present('description', body.description),
        }
        return save(project, { id, version: 0, record })
      },
    ),
    defineRoute(
      {
        ...reading,
        method: 'get',
        path: one,
        aliases: ['/v1/connect/oauth_apps/{id}'],
        summary: 'Get an OAuth client',
        params: withId,
        query: z.object({}),
        status: 200,
        answer: oauthAppSchema,
      },
      async ({ params, scope: { project } }) => json(await readOwn(project, params.id), project),
    ),
    defineRoute(
      {
        ...writing,
        method: 'put',
        path: one,
        aliases: ['/v1/connect/oauth_apps/{id}'],
        summary: 'Change an OAuth client; what is not given stays',
        params: withId,
        query: z.object({}),
        body: updateBody,
        status: 200,
        answer: oauthAppSchema,
      },
      async ({ params: { id }, body, scope: { project } }) => {
        const { version, record: before } = await readOwn(project, id)
        const record: OAuthAppRecord = {
          ...before,
          client_id: body.client_id ?? before.client_id,
          client_secret:
            body.client_secret === undefined ? before.client_secret : seal(body.client_secret, project, id),
          scopes: body.scopes ?? before.scopes,
          additional_scopes: body.additional_scopes ?? before.additional_scopes,
          updated_at: clock.now(),
          ...present('name', body.name),
          ...present('description', body.description),
        }
        return save(project, { id, version, record })
      },
    ),
    defineRoute(
      {
        ...writing,
        method: 'delete',
        path: one,
        aliases: ['/v1/connect/oauth_apps/{id}'],
        summary: 'Delete an OAuth client',
        params: withId,
        query: z.object({}),
        body: noBody,
        status: 204,
        answer: undefined,
      },
      async ({ params: { id }, scope: { project } }) => {
        if (!(await deleteOAuthApp(storage, project, id))) throw notFound()
      },
    ),
  ]
}

/** What is shown is searched, which may be the app's where the client has no name or description of its own. */
function matches(shown: z.output<typeof oauthAppSchema>, search: string | undefined): boolean {
  const text = search?.trim().toLowerCase() ?? ''
  return [shown.name_slug, shown.name, shown.description ?? ''].some((field) => field.toLowerCase().includes(text))
}
