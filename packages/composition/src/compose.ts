import { randomBytes } from 'node:crypto'
import {
  type ApiProxy,
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
import type { Config } from './config.js'
import { composeNango, localKeyOf } from './nango.js'
import { createIdentity, deploymentName, type State } from './parts.js'

export interface ComposeOptions {
  /** Milliseconds that an unused connection to an upstream is kept. Default: the transport's. */
  readonly keepAliveMs?: number
  /** Milliseconds that a call waits for the renewal of a token that is still good. Default: the refresher's. */
  readonly aliveWaitMs?: number
}

/** A proxy of the parts that a configuration names. */
export function composeProxy(
  config: Config,
  state: State,
  clock: Clock,
  observers: readonly Hook[],
  { keepAliveMs, aliveWaitMs }: ComposeOptions = {},
): ApiProxy {
  const { network, registry } = config
  const { storage, rateLimiter, leases } = state
  const localKey = localKeyOf(config)
  const identity = createIdentity(config, state, clock, localKey && [localKey.staticKey])
  const { authenticator, dialect } = identity
  const { connectionsPerOrigin } = config.limits
  const keepAlive = keepAliveMs === undefined ? {} : { keepAliveMs }
  const transport = undiciTransport({ network, clock, connectionsPerOrigin, ...keepAlive })
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
    ...(aliveWaitMs !== undefined && { aliveWaitMs }),
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
