import { isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { ProxyError } from '../errors.js'
import type { ClientIdentity } from '../ports/transport.js'
import { createAddressGuard } from './address-guard.js'
import { compileAllowPrivate } from './allow-private.js'
import { openSocket } from './open-socket.js'
import { createResolver, type HostResolver } from './resolver.js'

/** Opens one connection for undici. */
export type Connector = buildConnector.connector

export interface ConnectorOptions {
  /** The operator's exceptions: see `compileAllowPrivate`. */
  readonly allowPrivate?: readonly string[]
  /** Name to address in place of DNS; guarded like an answer of it. */
  readonly hosts?: Readonly<Record<string, string>>
  /** `address` or `address:port`; without any, the system's. */
  readonly dnsServers?: readonly string[]
  /** In place of one made from `hosts` and `dnsServers`; several connectors can share it. */
  readonly resolver?: HostResolver
  /** Milliseconds for name, TCP and TLS together. */
  readonly connectTimeoutMs?: number
  /** PEM of further authorities to trust beside the well-known ones. */
  readonly ca?: readonly string[]
  readonly identity?: ClientIdentity
  /** Sees each connected socket before undici does. */
  readonly onSocket?: (socket: Socket) => void
}

/**
 * Makes the function by which undici opens its connections. It checks the literal or every answer of the resolver,
 * connects to what was checked, checks the peer before a byte is sent, and only then speaks TLS: always verified,
 * 1.2 or newer, under the host's own name. Fails with `target_denied`, `upstream_dns`, `upstream_connect`,
 * `upstream_tls` or `upstream_timeout`; none of them names an address, and nothing was sent.
 */
export function createConnector(options: ConnectorOptions = {}): Connector {
  const resolver = options.resolver ?? createResolver(options)
  const guard = createAddressGuard(compileAllowPrivate(options.allowPrivate ?? []), resolver)
  const secure = buildConnector(tlsOptions(options))
  const timeoutMs = options.connectTimeoutMs ?? 10_000

  return (wanted, callback) => {
    const isSecure = wanted.protocol === 'https:'
    const hostname = wanted.hostname.toLowerCase()
    const port = wanted.port === '' ? (isSecure ? 443 : 80) : Number(wanted.port)
    let abandon = (): void => undefined
    let isSettled = false

    const settle = (error: Error | undefined, socket?: Socket): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      if (socket === undefined) {
        abandon()
        callback(error ?? new ProxyError('upstream_connect', 'The upstream cannot be reached.'), null)
      } else {
        options.onSocket?.(socket)
        callback(null, socket)
      }
    }
    const timer = setTimeout(
      () => settle(new ProxyError('upstream_timeout', 'The upstream did not accept a connection in time.')),
      timeoutMs,
    )

    const speakTls = (httpSocket: Socket): void => {
      const servername = isIP(hostname) === 0 ? { servername: hostname } : {}
      // The wrapper's own time limit is off, ours covers the handshake.
      secure({ hostname, protocol: 'https:', port: String(port), ...servername, httpSocket }, (error, socket) => {
        if (error === null) {
          if (isSettled) socket.destroy()
          settle(undefined, socket)
        } else {
          settle(tlsFailure(error))
        }
      })
    }

    guard.addressesFor(hostname, port).then(
      (addresses) => {
        if (isSettled) return
        const attempt = openSocket(addresses, port, (error, socket, address) => {
          if (socket === undefined) {
            settle(new ProxyError('upstream_connect', 'The upstream cannot be reached.', { cause: error }))
            return
          }
          abandon = () => socket.destroy()
          try {
            guard.checkPeer(socket.remoteAddress, address, hostname, port)
          } catch (denial) {
            settle(denial instanceof Error ? denial : undefined)
            return
          }
          if (isSecure) speakTls(socket)
          else settle(undefined, socket)
        })
        abandon = attempt.abandon
      },
      (error: unknown) => settle(error instanceof Error ? error : undefined),
    )
  }
}

function tlsOptions({ ca, identity }: ConnectorOptions): buildConnector.BuildOptions {
  const authorities = [
    ...(ca ?? []),
    ...(identity?.certificateAuthority === undefined ? [] : [identity.certificateAuthority]),
  ]
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    allowH2: false,
    timeout: 0,
    ...(authorities.length > 0 && { ca: authorities }),
    ...(identity !== undefined && { cert: identity.certificate, key: identity.privateKey }),
  }
}

const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

function tlsFailure(error: Error): ProxyError {
  const code: unknown = 'code' in error ? error.code : undefined
  return typeof code === 'string' && brokenConnection.has(code)
    ? new ProxyError('upstream_connect', 'The upstream closed the connection during the TLS handshake.', {
        cause: error,
      })
    : new ProxyError('upstream_tls', "The upstream's certificate or TLS version is not acceptable.", { cause: error })
}
