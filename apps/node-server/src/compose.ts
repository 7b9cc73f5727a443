import { randomBytes } from 'node:crypto'
import {
  type Clock,
  createProxy,
  createRefresher,
  type Hook,
  type ProxyLimits,
  signedWebhook,
  type Transport,
  undiciTransport,
} from '@proxy/core'
import { pipedreamDialect } from '@proxy/dialect-pipedream'
import { oauthAuthorization, oauthExchange } from '@proxy/oauth'
import { type CallHandler, listen, type NodeServer, type RequestLimits } from '@proxy/runtime-node'
import { ConfigError } from './config/fault.js'
import type { Config } from './config.js'
import { composeNango, localKeyOf } from './nango.js'
import { createIdentity, deploymentName, type State } from './parts.js'

export interface ComposedProxy extends CallHandler {
  close(): Promise<void>
}

/** A proxy of the parts that a configuration names. */
export function composeProxy(config: Config, state: State, clock: Clock, observers: readonly Hook[]): ComposedProxy {
  const { network, registry } = config
  const { storage, rateLimiter, leases } = state
  const localKey = localKeyOf(config)
  const identity = createIdentity(config, state, clock, localKey && [localKey.staticKey])
  const { authenticator, dialect } = identity
  const transport = undiciTransport({ network, clock, connectionsPerOrigin: config.limits.connectionsPerOrigin })
  const webhook = announcer(config, transport, clock, observers)
  const hooks = webhook === undefined ? observers : [...observers, webhook.hook]
  const oauth = { transport, storage, clock, ...(dialect.sealer && { sealer: dialect.sealer }) }
  const renewal = { exchange: oauthExchange(oauth), leases }
  const authorization = oauthAuthorization(oauth)
  const webhooks = { transport, hooks, signingKeys: config.tokens?.signingKeys ?? [randomBytes(32).toString('base64')] }
  const refresher = createRefresher({
    ...renewal,
    storage,
    clock,
    onRefresh: (event) => {
      for (const hook of hooks) hook(event)
    },
  })
  const nango = composeNango(config, state, clock, identity, refresher, localKey)
  const proxy = createProxy({
    apps: registry,
    appNames: nango.integrations,
    storage,
    rateLimiter,
    authenticator,
    customLimits: dialect.windowTokens,
    transport,
    refresher,
    dialects: [pipedreamDialect({ ...dialect, authorization, webhooks }), nango.dialect],
    clock,
    hooks,
    limits: proxyLimits(config),
    name: deploymentName(config),
  })
  return {
    ...proxy,
    async close() {
      await webhook?.close()
      await proxy.close()
    },
  }
}

/** Tells of dead accounts, if the configuration says to whom. */
function announcer({ webhook }: Config, transport: Transport, clock: Clock, observers: readonly Hook[]) {
  if (webhook === undefined) return undefined
  return signedWebhook({
    ...webhook,
    transport,
    clock,
    onUndelivered: (reason) => {
      for (const hook of observers) hook({ type: 'part', part: 'webhook', state: 'degraded', reason })
    },
  })
}

/** Listens as the configuration says. Throws a `ConfigError` when the port cannot be had. */
export async function listenAs(
  config: Config,
  proxy: CallHandler,
  onFault: (fault: unknown) => void,
): Promise<NodeServer> {
  const { host, port, tls, drainTimeout } = config.server
  const limits = requestLimits(config)
  try {
    return await listen({ proxy, host, port, ...(tls && { tls }), limits, drainTimeoutMs: drainTimeout, onFault })
  } catch (error) {
    throw portError(error, `${host}:${port}`)
  }
}

function portError(error: unknown, place: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new ConfigError(`${place} is taken by another program.`)
  if (code === 'EACCES') return new ConfigError(`${place} needs more rights than this user has.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ConfigError(`${place} is no address of this machine.`)
  return error
}

function proxyLimits({ limits }: Config): ProxyLimits {
  const { project, client, account } = limits
  return {
    project: project === 'none' ? undefined : windowOf(project),
    client: client && windowOf(client),
    account: account && windowOf(account),
    headTimeoutMs: limits.headTimeout,
    bodyIdleTimeoutMs: limits.bodyIdleTimeout,
    maxRequestBytes: limits.maxRequestBody,
    maxHeldBytes: limits.maxHeldBody,
    maxRetryWaitMs: limits.maxRetryWait,
    retryTotalMs: limits.retryTotal,
  }
}

function windowOf({ requests, window }: { requests: number; window: number }): { requests: number; windowMs: number } {
  return { requests, windowMs: window }
}

function requestLimits({ limits, server }: Config): Partial<RequestLimits> {
  return {
    headTimeoutMs: limits.requestHeadTimeout,
    maxTargetBytes: limits.maxTarget,
    maxHeaderBytes: limits.maxHeaders,
    maxHeaderCount: limits.maxHeaderCount,
    maxRequestBytes: limits.maxRequestBody,
    bodyIdleTimeoutMs: limits.bodyIdleTimeout,
    readerIdleTimeoutMs: limits.readerIdleTimeout,
    keepAliveTimeoutMs: server.keepAliveTimeout,
  }
}
