import { createHash } from 'node:crypto'
import type { Cancellation } from '../cancellation.js'
import type { Clock } from '../ports/clock.js'
import type {
  ClientIdentity,
  Transport,
  UpstreamLimits,
  UpstreamRequest,
  UpstreamResponse,
} from '../ports/transport.js'
import { systemClock } from '../system-clock.js'
import type { Target } from '../target.js'
import { type ConnectorOptions, createConnector } from './connector.js'
import { describeFailure } from './describe-failure.js'
import { ExchangeHandler } from './exchange-handler.js'
import { Origin, type Slot } from './origin.js'
import { createResolver } from './resolver.js'

export interface UndiciTransportOptions {
  /** Who may be reached besides public addresses, and how names are resolved: see `createConnector`. */
  readonly network?: ConnectorOptions
  readonly clock?: Clock
  /** Connections to one origin at most; further calls queue. Default 256. */
  readonly connectionsPerOrigin?: number
  /** Milliseconds in that queue before `overloaded`. Default 5,000. */
  readonly queueTimeoutMs?: number
  /**
   * Milliseconds that an unused connection stays open. Default 10,000. By the clock none is used after it, also when the
   * process was stopped meanwhile: the other side may have closed it without this one hearing of it.
   */
  readonly keepAliveMs?: number
  /** Bytes of a response head at most. Default 64 KiB. */
  readonly maxHeadBytes?: number
}

const originsSwept = 256
const originIdleMs = 60_000

/** The transport on undici's `dispatch`: no interceptors, raw header lists, every connection through the address guard. */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const clock = options.clock ?? systemClock()
  const resolver = options.network?.resolver ?? createResolver(options.network)
  const network = { ...options.network, resolver }
  const connect = createConnector(network)
  const keepAliveMs = options.keepAliveMs ?? 10_000
  const origins = new Map<string, Origin>()

  function open(target: Target, identity: ClientIdentity | undefined): Origin {
    return new Origin({
      url: target.origin,
      connect: identity === undefined ? connect : createConnector({ ...network, identity }),
      clock,
      connectionsMax: options.connectionsPerOrigin ?? 256,
      queueTimeoutMs: options.queueTimeoutMs ?? 5_000,
      keepAliveMs,
      maxHeadBytes: options.maxHeadBytes ?? 64 * 1024,
    })
  }

  function originOf(target: Target, identity: ClientIdentity | undefined): Origin {
    const key = identity === undefined ? target.origin : `${target.origin} ${identityKey(identity)}`
    let origin = origins.get(key)
    if (origin !== undefined && isStale(origin)) {
      origin.destroy().catch(ignore)
      origin = undefined
    }
    if (origin === undefined) {
      if (origins.size >= originsSwept) sweep(origins, clock.now() - originIdleMs)
      origin = open(target, identity)
      origins.set(key, origin)
    }
    return origin
  }

  function isStale({ idleSince }: Origin): boolean {
    return idleSince !== undefined && clock.now() - idleSince > keepAliveMs
  }

  function dispatch(
    slot: Slot,
    request: UpstreamRequest,
    limits: UpstreamLimits,
    cancellation: Cancellation,
  ): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const handler = new ExchangeHandler(request, limits, cancellation, clock, slot, resolve, reject)
      try {
        slot.client.dispatch(
          {
            path: request.target.path,
            method: request.method,
            headers: withLength(request),
            body: request.body ?? null,
          },
          handler,
        )
      } catch (error) {
        handler.onError(describeFailure(error, handler))
      }
    })
  }

  return {
    send(request, limits, cancellation) {
      const origin = originOf(request.target, request.identity)
      const slot = origin.takeNow()
      if (slot !== undefined) return dispatch(slot, request, limits, cancellation)
      return origin.waitForTurn(cancellation).then((next) => dispatch(next, request, limits, cancellation))
    },
    async close() {
      await Promise.all([...origins.values()].map((origin) => origin.close()))
      origins.clear()
      if (options.network?.resolver === undefined) resolver.close()
    },
  }
}

/** A stream of known length goes out with that length instead of chunked. */
function withLength(request: UpstreamRequest): string[] {
  const headers = request.headers as string[]
  const isStream = request.body !== undefined && !Buffer.isBuffer(request.body)
  return isStream && request.bodyLength !== undefined
    ? [...headers, 'content-length', String(request.bodyLength)]
    : headers
}

/** Forgets the origins that nobody used since `before`. */
function sweep(origins: Map<string, Origin>, before: number): void {
  for (const [key, origin] of origins) {
    const idleSince = origin.idleSince
    if (idleSince === undefined || idleSince > before) continue
    origins.delete(key)
    origin.destroy().catch(ignore)
  }
}

function ignore(): void {}

const identityKeys = new WeakMap<ClientIdentity, string>()

/** A digest, so that two accounts with different certificates never share a connection. */
function identityKey(identity: ClientIdentity): string {
  let key = identityKeys.get(identity)
  if (key === undefined) {
    const parts = [identity.certificate, identity.privateKey, identity.certificateAuthority ?? '']
    key = createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
    identityKeys.set(identity, key)
  }
  return key
}
