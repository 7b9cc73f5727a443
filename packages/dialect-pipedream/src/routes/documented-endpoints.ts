import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { errorSchema } from './schemas.js'

export type DocumentedPath = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0]

const refused = { description: 'Refused, or failed', content: { 'application/json': { schema: errorSchema } } }

const client = {
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
}

const tokenRequest = z.object({
  grant_type: z.literal('client_credentials'),
  ...client,
  scope: z.string().optional(),
})

const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().describe('seconds'),
  created_at: z.int().describe('epoch seconds'),
  scope: z.string().optional(),
})

const oneToken = z.object({ ...client, token: z.string() })
const introspected = z.object({
  active: z.boolean(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  scope: z.string().optional(),
  exp: z.int().optional(),
})

function oauthEndpoint(
  path: string,
  summary: string,
  body: z.ZodObject,
  answer: z.ZodObject | undefined,
): DocumentedPath {
  const content = { 'application/json': { schema: body }, 'application/x-www-form-urlencoded': { schema: body } }
  return {
    method: 'post',
    path,
    tags: ['oauth'],
    summary,
    security: [{ client: [] }, {}],
    request: { body: { required: true, content } },
    responses: {
      200: {
        description: 'Done',
        ...(answer === undefined ? {} : { content: { 'application/json': { schema: answer } } }),
      },
      default: refused,
    },
  }
}

/** Proxied calls are read without a schema, since they are the hot path; this is what they look like. */
function proxiedCall(method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options'): DocumentedPath {
  return {
    method,
    path: '/v1/connect/{project}/proxy/{target}',
    tags: ['proxy'],
    summary: `${method.toUpperCase()} a target as an end user`,
    description:
      "The answer is the upstream's own. Headers that start with x-pd-proxy- are sent on without the prefix; further query parameters are added to the target's.",
    security: [{ bearer: ['connect:proxy'] }],
    request: {
      params: z.object({
        project: z.string(),
        target: z.string().describe('full URL or path, in base64url or percent-encoded base64'),
      }),
      query: z.object({
        external_user_id: z.string(),
        account_id: z.string().optional().describe('may be left out when one account of the user fits'),
      }),
      headers: z.object({
        'x-pd-environment': z.enum(['development', 'production']).optional(),
        'x-pd-rate-limit': z.string().optional(),
      }),
    },
    responses: { default: { description: "The upstream's answer, or with x-proxy-error a refusal" } },
  }
}

/** What answers without a `Route`. */
export const documentedEndpoints: readonly DocumentedPath[] = [
  oauthEndpoint('/v1/oauth/token', 'Get an access token (RFC 6749, 4.4)', tokenRequest, tokenAnswer),
  oauthEndpoint('/v1/oauth/revoke', 'Revoke a token (RFC 7009)', oneToken, undefined),
  oauthEndpoint('/v1/oauth/introspect', 'Describe a token (RFC 7662)', oneToken, introspected),
  ...(['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const).map(proxiedCall),
]
