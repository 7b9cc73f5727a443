import { z } from 'zod'
import { readConnectionRecord, withConnectionRecord } from '../connections/connection-record.js'
import { changeConnection } from '../connections/save-connection.js'
import { answer, defineRoute, missing, noQuery, type Route } from './route.js'
import { type RouteParts, requireIntegration } from './route-parts.js'
import { connectionId, integrationKey, jsonObject } from './schemas.js'

const body = z.object({
  connection_id: z.union([connectionId, z.array(connectionId).min(1).max(1_000)]),
  provider_config_key: integrationKey,
  metadata: jsonObject,
})

export function metadataRoutes(parts: RouteParts): readonly Route[] {
  const shared = {
    path: '/connections/metadata',
    aliases: ['/connection/metadata'],
    scope: 'connect:accounts:write',
    query: noQuery,
    body,
  } as const

  /** `post` replaces what is there, `patch` goes over it. */
  function write(method: 'post' | 'patch', status: number): Route {
    return defineRoute({ ...shared, method }, async ({ body: given, scope }) => {
      const integration = await requireIntegration(parts, scope, given.provider_config_key)
      const ids = [given.connection_id].flat()
      const accounts = await Promise.all(
        ids.map((id) => parts.storage.readAccountByExternalId(scope, integration.app.slug, integration.prefix + id)),
      )
      const unknown = ids.filter((_, index) => accounts[index] === undefined)
      if (unknown.length > 0) throw missing('unknown_connection', `There is no connection ${unknown.join(', ')}.`)
      for (const account of accounts) {
        if (account === undefined) continue
        await changeConnection(parts, scope, account.id, (before) => {
          const old = method === 'patch' ? readConnectionRecord(before).metadata : undefined
          return { ...before, metadata: withConnectionRecord(before, { metadata: { ...old, ...given.metadata } }) }
        })
      }
      return answer(given, status)
    })
  }

  return [write('post', 201), write('patch', 200)]
}
