import { type Caller, hasScope, keyDigest } from '@proxy/core'
import { z } from 'zod'
import { isWellFormedConnectToken } from '../tokens/connect-token-form.js'
import { choiceOf, isAllowed, makerOf, usualApp } from '../tokens/connect-token-record.js'
import { parseScopes } from '../tokens/scope-names.js'
import { appJson } from './app-json.js'
import { readProject } from './project-store.js'
import { defineRoute, invalidField, noBody, type Route } from './route.js'
import { findApp, isoTime, present, type RouteParts } from './route-parts.js'
import { appSchema, httpUrl, idText, isoDate, maybe, userId } from './schemas.js'

const lifetimeSeconds = { usual: 4 * 3600, most: 24 * 3600 }

/** What the browser of one end user needs: its own accounts, and calls in their name. */
const usualScopes = ['connect:accounts:read', 'connect:accounts:write', 'connect:proxy'] as const

const origin = z
  .string()
  .max(512)
  .refine(
    (text) => /^https?:\/\/[^/]+\/?$/i.test(text) && URL.canParse(text),
    'must be an origin such as https://app.example.com',
  )
  .transform((text) => new URL(text).origin)

const createBody = z.object({
  external_user_id: userId,
  expires_in: maybe(z.int().min(1).max(lifetimeSeconds.most)).describe('seconds; 4 hours when left out'),
  allowed_origins: maybe(z.array(origin).max(100)).describe('where a browser may use it; anywhere when left out'),
  scope: maybe(z.string().max(1024)).describe('space separated; at most what the caller has'),
  success_redirect_uri: maybe(httpUrl),
  error_redirect_uri: maybe(httpUrl),
  webhook_uri: maybe(httpUrl),
  app_id: maybe(idText),
  oauth_app_id: maybe(idText),
})

const validAnswer = z.object({
  success: z.boolean(),
  error: z.string().optional(),
  app: appSchema.optional(),
  project_id: z.string().optional(),
  project_environment: z.string().optional(),
  project_app_name: z.string().optional(),
  project_support_email: z.string().optional(),
  oauth_app_id: z.string().optional(),
  success_redirect_uri: z.string().optional(),
  error_redirect_uri: z.string().optional(),
})

export function connectTokenRoutes(parts: RouteParts): readonly Route[] {
  const { apps, connectTokens, clock } = parts

  const create = defineRoute(
    {
      method: 'post',
      path: '/v1/connect/{project}/tokens',
      aliases: ['/v1/connect/tokens'],
      tag: 'connect tokens',
      summary: "Make a token for one end user's browser",
      scope: 'connect:tokens:create',
      forBrowsers: false,
      params: z.object({ project: z.string().optional() }),
      query: z.object({}),
      body: createBody,
      status: 200,
      answer: z.object({ token: z.string(), expires_at: isoDate, connect_link_url: z.string() }),
    },
    async ({ body, caller, bearer, scope }) => {
      const expiresAt = clock.now() + (body.expires_in ?? lifetimeSeconds.usual) * 1000
      const token = await connectTokens.create(
        {
          ...scope,
          externalUserId: body.external_user_id,
          scopes: readScopes(body.scope, caller),
          ...makerOf(caller, keyDigest(bearer ?? '')),
          allowedOrigins: body.allowed_origins,
          appId: body.app_id,
          choices: undefined,
          oauthAppId: body.oauth_app_id,
          accountId: undefined,
          successRedirectUri: body.success_redirect_uri,
          errorRedirectUri: body.error_redirect_uri,
          webhookUri: body.webhook_uri,
        },
        expiresAt,
      )
      const link = `${parts.baseUrl}/_static/connect.html?token=${token}&connectLink=true`
      return { token, expires_at: isoTime(expiresAt), connect_link_url: link }
    },
  )

  const validate = defineRoute(
    {
      method: 'get',
      path: '/v1/connect/tokens/{token}/validate',
      tag: 'connect tokens',
      summary: 'Tell whether a connect token is valid, and what for',
      scope: undefined,
      forBrowsers: true,
      params: z.object({ token: z.string() }),
      query: z.object({
        app_id: z.string().optional(),
        account_id: z.string().optional(),
        oauth_app_id: z.string().optional(),
        app_override_id: z.string().optional(),
      }),
      body: noBody,
      status: 200,
      answer: validAnswer,
    },
    async ({ params, query, caller }): Promise<z.output<typeof validAnswer>> => {
      const record = isWellFormedConnectToken(params.token)
        ? (await connectTokens.find(params.token))?.record
        : undefined
      const isTheirs = caller.externalUserId === undefined || caller.externalUserId === record?.externalUserId
      if (record === undefined || record.project !== caller.project || !isTheirs) {
        return { success: false, error: 'The token is unknown, expired or revoked.' }
      }
      const appName = query.app_id ?? usualApp(record)
      const app = appName === undefined ? undefined : findApp(apps, appName)
      if (appName !== undefined && app === undefined) return { success: false, error: 'The app is unknown.' }
      if (app !== undefined && !isAllowed(record, app.slug)) {
        return { success: false, error: 'The token was made for another app.' }
      }
      const project = await readProject(parts, record.project, record.project)
      const choice = app === undefined ? undefined : choiceOf(record, app.slug)
      const oauthAppId = query.oauth_app_id ?? choice?.oauthAppId ?? record.oauthAppId
      return {
        success: true,
        ...(app === undefined ? undefined : { app: appJson(app) }),
        project_id: record.project,
        project_environment: record.environment,
        ...present('project_app_name', project?.settings.app_name),
        ...present('project_support_email', project?.settings.support_email),
        ...present('oauth_app_id', oauthAppId),
        ...present('success_redirect_uri', record.successRedirectUri),
        ...present('error_redirect_uri', record.errorRedirectUri),
      }
    },
  )

  return [create, validate]
}

/** A token never holds more than who made it. */
function readScopes(text: string | undefined, caller: Caller): readonly string[] {
  if (text === undefined) return usualScopes.filter((scope) => hasScope(caller.scopes, scope))
  const scopes = parseScopes(text)
  if (scopes === undefined) throw invalidField('scope', 'names a scope that does not exist')
  const surplus = scopes.find((scope) => !hasScope(caller.scopes, scope))
  if (surplus !== undefined) throw invalidField('scope', `holds ${surplus}, which the caller does not have`)
  return scopes
}
