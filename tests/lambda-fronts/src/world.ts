import { randomBytes } from 'node:crypto'
import { type RawAnswer, type RawRequest, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { onTestFinished } from 'vitest'
import type { FrontKind } from './fronts/make-event.js'
import { type RunningFront, startFront } from './fronts/start-front.js'
import { type RunningFunction, startFunction } from './function/start-function.js'

export const project = 'proj_lambda'
export const user = 'user-1'
export const account = 'apn_acme1'
export const clientSecret = 'client-secret-of-the-function-19af'
export const key = 'key-of-development-7c1e'
export const apiKey = 'api-key-of-user-1-a6b7'

/** The configuration of the function, and of the server beside it. */
export function configuration(upstreamPort: number, sections: Readonly<Record<string, unknown>> = {}) {
  const seal = (): string => randomBytes(32).toString('base64')
  const connect = {
    base_proxy_target_url: `http://localhost:${upstreamPort}`,
    allowed_domains: [`localhost:${upstreamPort}`],
    allow_http: true,
  }
  return {
    server: { publicUrl: 'http://proxy.test' },
    encryption: { keys: [seal()] },
    tokens: { signingKeys: [seal()] },
    network: { allowPrivate: [`127.0.0.1:${upstreamPort}`], hosts: { localhost: '127.0.0.1' } },
    limits: { project: { requests: 100_000, window: '60s' }, headTimeout: '20s' },
    projects: [
      {
        id: project,
        clients: [{ id: 'main', secret: clientSecret, scopes: ['*'] }],
        secretKeys: [{ environment: 'development', key }],
      },
    ],
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [{ name: 'api_key', label: 'API key', type: 'password' }],
        connect,
        auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
        relay_set_cookie: true,
      },
    ],
    accounts: [
      {
        project,
        environment: 'development',
        external_user_id: user,
        external_id: 'c1',
        id: account,
        app: 'acme',
        custom_fields: { api_key: apiKey },
      },
    ],
    ...sections,
  }
}

export interface FrontedFunction {
  readonly function: RunningFunction
  readonly front: RunningFront
  readonly url: string
  stop(): Promise<void>
}

export interface FunctionWorldOptions {
  readonly kind: FrontKind
  readonly streams?: boolean
  readonly config: object
  readonly timeoutMs?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** The built function behind one front. */
export async function startFronted(options: FunctionWorldOptions): Promise<FrontedFunction> {
  const { kind, streams = false, config, timeoutMs, environment = {} } = options
  const running = await startFunction({
    handler: streams ? 'index.streamingHandler' : 'index.handler',
    environment: { PROXY_CONFIG_TEXT: JSON.stringify(config), ...environment },
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  const front = await startFront(kind, running.invoke)
  return {
    function: running,
    front,
    url: front.url,
    async stop() {
      await front.stop()
      await running.stop()
    },
  }
}

/** The path of a proxied call in Pipedream's form. */
export function callPath(target: string, query = ''): string {
  const encoded = Buffer.from(target).toString('base64url')
  return `/v1/connect/${project}/proxy/${encoded}?external_user_id=${user}&account_id=${account}${query}`
}

export const callHeaders = { authorization: `Bearer ${key}`, 'x-pd-environment': 'development' } as const

/** One proxied call in Pipedream's form. */
export function call(url: string, target: string, request: RawRequest = {}): Promise<RawAnswer> {
  return rawRequest(`${url}${callPath(target)}`, {
    ...request,
    headers: { ...callHeaders, ...(request.headers as Record<string, string> | undefined) },
  })
}

export async function upstreamForTest(): Promise<Upstream> {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  return upstream
}
