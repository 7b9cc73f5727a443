import { Writable } from 'node:stream'
import { sealerOf } from '@proxy/composition'
import { type Account, type Caller, createProxy, type Dialect, type ProxyCall, undiciTransport } from '@proxy/core'
import { oauthExchange } from '@proxy/oauth'
import { memoryRateLimiter } from '@proxy/storage-memory'
import type { CommandState } from '../command-state.js'

/** What came of one call with an account's credential. */
export interface Health {
  readonly outcome: 'ok' | 'refused' | 'failed' | 'skipped'
  /** A status, a code, or why there was no call. */
  readonly reason: string
}

export interface HealthCaller {
  call(account: Account): Promise<Health>
  close(): Promise<void>
}

/** Calls the `health` path of an account's app as any other call is made: same guard, same renewal, same placement. */
export function createHealthCaller({ config, clock, storage, leases }: CommandState): HealthCaller {
  const { registry, network, limits, encryption } = config
  const transport = undiciTransport({ network, clock })
  const sealer = encryption === undefined ? {} : { sealer: sealerOf(config) }
  const calls = new Map<string, ProxyCall>()
  const callers = new Map<string, Caller>()
  const proxy = createProxy({
    apps: registry,
    storage,
    authenticator: { authenticate: (bearer = '') => callers.get(bearer) ?? refuse() },
    rateLimiter: memoryRateLimiter({ clock }),
    transport,
    renewal: { exchange: oauthExchange({ transport, storage, clock, ...sealer }), leases },
    dialects: [localDialect(calls)],
    clock,
    limits: { project: undefined, headTimeoutMs: limits.headTimeout },
  })
  let last = 0

  return {
    async call(account) {
      const app = registry.find(account.app)
      if (app === undefined) return { outcome: 'failed', reason: `the app ${account.app} is not in the configuration` }
      const { health } = app.definition
      if (account.dead) return { outcome: 'refused', reason: account.error ?? 'the grant has ended' }
      if (health === undefined) return { outcome: 'skipped', reason: `${app.slug} has no health path` }
      last += 1
      const target = `/${last}`
      const method = health.method ?? 'GET'
      callers.set(target, callerFor(account))
      calls.set(target, healthCall(account, target, method, health.path))
      const answer = await send(target, method)
      calls.delete(target)
      callers.delete(target)
      return answer
    },
    close: () => proxy.close(),
  }

  async function send(target: string, method: string): Promise<Health> {
    let status = 0
    let code: string | undefined
    const incoming = { method, target, headers: [], body: undefined, remoteAddress: '', onCallerLeft() {} }
    await proxy.handle(incoming, (head) => {
      status = head.status
      code = head.headers[head.headers.indexOf(codeHeader) + 1]
      if (!head.headers.includes(codeHeader)) code = undefined
      return new Writable({ write: (_chunk, _encoding, done) => done() })
    })
    if (code !== undefined) return { outcome: code === 'account_reauth_required' ? 'refused' : 'failed', reason: code }
    if (status >= 200 && status <= 299) return { outcome: 'ok', reason: String(status) }
    return { outcome: status === 401 || status === 403 ? 'refused' : 'failed', reason: String(status) }
  }
}

const codeHeader = 'x-health-code'

function localDialect(calls: ReadonlyMap<string, ProxyCall>): Dialect {
  return {
    name: 'health',
    owns: () => true,
    read: ({ target }) => calls.get(target) ?? refuse(),
    describeError: ({ status, code }) => ({ status, headers: [codeHeader, code], body: '' }),
  }
}

function callerFor({ project, environment }: Account): Caller {
  return {
    client: 'accounts-check',
    kind: 'key',
    project,
    environment,
    externalUserId: undefined,
    scopes: ['*'],
    allowedOrigins: undefined,
  }
}

function healthCall({ id, externalUserId }: Account, bearer: string, method: string, path: string): ProxyCall {
  return {
    kind: 'proxy',
    bearer,
    method,
    project: undefined,
    environment: undefined,
    account: { by: 'id', id, externalUserId },
    target: path,
    query: '',
    baseUrl: undefined,
    headers: [],
    contentType: undefined,
    rateLimitToken: undefined,
    retries: undefined,
    origin: undefined,
    answerHeaders: [],
  }
}

function refuse(): never {
  throw new Error('There is no such call.')
}
