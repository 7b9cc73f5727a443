import type { AppSummary } from '@proxy/core'
import { z } from 'zod'
import { appJson } from './app-json.js'
import { pageAnswer, pageOfRows, pageQuery, readPageWish } from './paging.js'
import { defineRoute, noBody, notFound, type Route } from './route.js'
import { findApp, type RouteParts } from './route-parts.js'
import { appSchema, listOf, queryFlag, queryList } from './schemas.js'

const listQuery = pageQuery.extend({
  q: z.string().optional(),
  sort_key: z.enum(['name', 'name_slug', 'featured_weight']).optional(),
  sort_direction: z.enum(['asc', 'desc']).optional(),
  category_ids: queryList.optional(),
  has_components: queryFlag.optional(),
  has_actions: queryFlag.optional(),
  has_triggers: queryFlag.optional(),
})

type ListQuery = z.output<typeof listQuery>

export function appRoutes({ apps }: RouteParts): readonly Route[] {
  const shared = { tag: 'apps', scope: undefined, forBrowsers: true, status: 200 } as const

  return [
    defineRoute(
      {
        ...shared,
        method: 'get',
        path: '/v1/connect/apps',
        aliases: ['/v1/apps'],
        summary: 'List the apps',
        params: z.object({}),
        query: listQuery,
        body: noBody,
        answer: listOf(appSchema),
      },
      ({ query }) => {
        const wish = readPageWish(query)
        const rows = sorted(
          apps.list().filter((app) => fits(app, query)),
          query,
        )
        return pageAnswer(pageOfRows(rows, wish, idOf), wish, idOf, appJson)
      },
    ),
    defineRoute(
      {
        ...shared,
        method: 'get',
        path: '/v1/connect/apps/{app}',
        aliases: ['/v1/apps/{app}'],
        summary: 'Get an app by its id or slug',
        params: z.object({ app: z.string() }),
        query: z.object({}),
        body: noBody,
        answer: z.object({ data: appSchema }),
      },
      ({ params }) => {
        const app = findApp(apps, params.app)
        if (app === undefined) throw notFound()
        return { data: appJson(app) }
      },
    ),
    ...categoryRoutes(apps.list()),
  ]
}

const categorySchema = z.object({ id: z.string(), name: z.string(), description: z.string() })

function categoryRoutes(list: readonly AppSummary[]): readonly Route[] {
  const shared = { method: 'get', tag: 'apps', scope: undefined, forBrowsers: true, status: 200 } as const
  const names = [...new Set(list.flatMap((app) => app.definition.categories ?? []))].sort()
  const categories = names.map((name) => ({ id: categoryId(name), name, description: '' }))

  return [
    defineRoute(
      {
        ...shared,
        path: '/v1/connect/app_categories',
        aliases: ['/v1/app_categories'],
        summary: 'List the categories of the apps',
        params: z.object({}),
        query: z.object({}),
        body: noBody,
        answer: z.array(categorySchema),
      },
      () => categories,
    ),
    defineRoute(
      {
        ...shared,
        path: '/v1/connect/app_categories/{category}',
        aliases: ['/v1/app_categories/{category}'],
        summary: 'Get a category',
        params: z.object({ category: z.string() }),
        query: z.object({}),
        body: noBody,
        answer: categorySchema,
      },
      ({ params }) => {
        const category = categories.find(({ id }) => id === params.category)
        if (category === undefined) throw notFound()
        return category
      },
    ),
  ]
}

function categoryId(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
}

function idOf(app: AppSummary): string {
  return app.id
}

function fits(app: AppSummary, query: ListQuery): boolean {
  // There are no components, actions or triggers here, so that no app has any.
  if (query.has_components === true || query.has_actions === true || query.has_triggers === true) return false
  const { name, categories = [], aliases = [] } = app.definition
  const wanted = query.category_ids
  if (wanted !== undefined && wanted.length > 0) {
    if (!categories.some((category) => wanted.includes(category) || wanted.includes(categoryId(category)))) return false
  }
  const search = query.q?.trim().toLowerCase() ?? ''
  return [name, app.slug, ...aliases].some((text) => text.toLowerCase().includes(search))
}

/** Ties are broken by id, so that a cursor has one place. */
function sorted(
  apps: readonly AppSummary[],
  { sort_key: key, sort_direction: direction }: ListQuery,
): readonly AppSummary[] {
  if (key === undefined && direction === undefined) return apps
  const sign = direction === 'desc' ? -1 : 1
  const keyOf = ({ definition, slug }: AppSummary): string | number => {
    if (key === 'featured_weight') return definition.featured_weight ?? 0
    return key === 'name' ? definition.name.toLowerCase() : slug
  }
  return [...apps].sort((one, other) => sign * compare(keyOf(one), keyOf(other)) || compare(one.id, other.id))
}

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
