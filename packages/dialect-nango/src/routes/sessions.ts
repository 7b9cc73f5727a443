import { type Caller, keyDigest, type Scope } from '@proxy/core'
import { z } from 'zod'
import type { ConnectSessionChoice } from '../options.js'
import { invalid, Refusal } from '../refusal.js'
import { answer, defineRoute, missing, noQuery, type Route } from './route.js'
import { type FoundIntegration, isoTime, type RouteParts, requireIntegration } from './route-parts.js'
import { absent, connectionId, endUser, integrationKey, jsonObject, tags } from './schemas.js'

const common = {
  integrations_config_defaults: absent(jsonObject),
  organization: absent(jsonObject),
  overrides: absent(jsonObject),
  tags: absent(tags),
}

const createBody = z.object({
  ...common,
  allowed_integrations: absent(z.array(integrationKey).max(1_000)),
  end_user: absent(endUser),
})

const reconnectBody = z.object({
  ...common,
  connection_id: connectionId,
  integration_id: integrationKey,
  end_user: absent(endUser),
})

/** Sessions in which an end user connects accounts in a browser. */
export function sessionRoutes(parts: RouteParts): readonly Route[] {
  const shared = { method: 'post', scope: 'connect:tokens:create', query: noQuery } as const

  async function start(
    scope: Scope,
    caller: Caller,
    bearer: string,
    externalUserId: string,
    allowed: readonly FoundIntegration[],
    account?: string,
  ): Promise<Response> {
    if (parts.sessions === undefined) {
      throw new Refusal('route_not_found', 'not_found', 'This server starts no sessions for end users.')
    }
    const { token, link, expiresAt } = await parts.sessions.create({
      ...scope,
      externalUserId,
      choices: allowed.length === 0 ? undefined : allowed.map(choice),
      maker: caller,
      keyDigest: keyDigest(bearer),
      account,
    })
    return answer({ data: { token, connect_link: link, expires_at: isoTime(expiresAt) } }, 201)
  }

  return [
    defineRoute(
      { ...shared, path: '/connect/sessions/reconnect', body: reconnectBody },
      async ({ body, scope, caller, bearer }) => {
        const integration = await requireIntegration(parts, scope, body.integration_id)
        const externalId = integration.prefix + body.connection_id
        const account = await parts.storage.readAccountByExternalId(scope, integration.app.slug, externalId)
        if (account === undefined) throw missing('unknown_connection', `There is no connection ${body.connection_id}.`)
        return start(scope, caller, bearer, account.externalUserId, [integration], account.id)
      },
    ),
    defineRoute({ ...shared, path: '/connect/sessions', body: createBody }, async ({ body, scope, caller, bearer }) => {
      const externalUserId = body.end_user?.id ?? body.tags?.end_user_id
      if (externalUserId === undefined) {
        const fault = { code: 'invalid_type', message: 'is required, or tags.end_user_id', path: ['end_user'] }
        throw invalid('invalid_body', [fault])
      }
      const allowed = await Promise.all(
        (body.allowed_integrations ?? []).map((key) => requireIntegration(parts, scope, key)),
      )
      return start(scope, caller, bearer, externalUserId, allowed)
    }),
  ]
}

function choice({ app, prefix, stored }: FoundIntegration): ConnectSessionChoice {
  return { app: app.slug, externalIdPrefix: prefix, oauthAppId: stored?.oauthAppId }
}
