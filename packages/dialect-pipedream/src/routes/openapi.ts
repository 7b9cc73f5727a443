import { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { type DocumentedPath, documentedEndpoints } from './documented-endpoints.js'
import type { Route } from './route.js'
import { errorSchema } from './schemas.js'

/** OpenAPI 3.1, made from the schemas that check the calls. */
export function openApiDocument(routes: readonly Route[], publicUrl: string): object {
  const host = new OpenAPIHono()
  const registry = host.openAPIRegistry
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  registry.registerComponent('securitySchemes', 'client', { type: 'http', scheme: 'basic' })
  for (const endpoint of documentedEndpoints) registry.registerPath(endpoint)
  for (const route of routes) registry.registerPath(describeRoute(route))
  return host.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'API proxy, Pipedream Connect dialect', version: '1' },
    servers: [{ url: publicUrl }],
  })
}

function describeRoute({ spec }: Route): DocumentedPath {
  const { method, tag, summary, scope, status } = spec
  const path = spec.path.replaceAll('+}', '}')
  return {
    method,
    path,
    tags: [tag],
    summary,
    ...(spec.aliases === undefined ? undefined : { description: `Also at: ${spec.aliases.join(', ')}` }),
    security: [{ bearer: scope === undefined ? [] : [scope] }],
    request: {
      params: pathParameters(spec.params, path),
      query: asObject(spec.query),
      ...(spec.body instanceof z.ZodUndefined ? undefined : { body: { required: true, content: json(spec.body) } }),
    },
    responses: {
      [status]: {
        description: 'Done',
        ...(spec.answer === undefined ? undefined : { content: json(spec.answer) }),
      },
      default: { description: 'Refused, or failed', content: json(errorSchema) },
    },
  }
}

function json(schema: z.ZodType) {
  return { 'application/json': { schema } }
}

/** In a path every parameter is there, even one that an alias leaves out. */
function pathParameters(schema: z.ZodType, path: string): z.ZodObject {
  const shape = asObject(schema).required().shape
  return z.object(Object.fromEntries(Object.entries(shape).filter(([name]) => path.includes(`{${name}}`))))
}

function asObject(schema: z.ZodType): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema
  throw new Error('Parameters must be described by an object.')
}
