import type { AppSummary } from '@proxy/core'
import { z } from 'zod'
import { credentialShape } from '../connections/credential-shape.js'
import { answer, defineRoute, missing, noBody, noQuery, type Route } from './route.js'
import type { RouteParts } from './route-parts.js'

/** Every app is a provider: which APIs there are is this server's configuration. */
export function providerRoutes({ apps }: RouteParts): readonly Route[] {
  const reading = { method: 'get', scope: 'connect:accounts:read', body: noBody } as const
  const search = z.looseObject({ search: z.string().optional() })
  return [
    defineRoute({ ...reading, path: '/providers', query: search }, async ({ query }) => {
      const wanted = query.search?.toLowerCase() ?? ''
      const found = apps.list().filter(({ slug, definition: { name, aliases = [] } }) => {
        return [name, slug, ...aliases].some((text) => text.toLowerCase().includes(wanted))
      })
      return answer({ data: found.map(json) })
    }),
    defineRoute({ ...reading, path: '/providers/{name}', query: noQuery }, async ({ params }) => {
      const app = apps.find(params.name ?? '')
      if (app === undefined) throw missing('not_found', `There is no provider ${params.name}.`)
      return answer({ data: json(app) })
    }),
  ]
}

function json(app: AppSummary): object {
  const { definition } = app
  const { base_proxy_target_url: base } = definition.connect
  return {
    name: app.slug,
    display_name: definition.name,
    logo_url: definition.img_src ?? '',
    auth_mode: credentialShape(app).type,
    categories: definition.categories ?? [],
    docs: definition.docs ?? '',
    ...(base !== undefined && { proxy: { base_url: base } }),
  }
}
