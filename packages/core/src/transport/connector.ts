import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { ProxyError } from '../errors.js'
import { createAddressGuard } from './address-guard.js'
import { compileAllowPrivate } from './allow-private.js'
import { openSocket } from './open-socket.js'
import { createResolver, type HostResolver } from './resolver.js'
import { createTlsUpgrade, type TlsOptions } from './tls-upgrade.js'

/** Opens one connection for undici. */
export type Connector = buildConnector.connector

export interface ConnectorOptions extends TlsOptions {
  /** The operator's exceptions: see `compileAllowPrivate`. */
  readonly allowPrivate?: readonly string[]
  /** Name to address in place of DNS; guarded like an answer of it. */
  readonly hosts?: Readonly<Record<string, string>>
  /** `address` or `address:port`; without any, the system's. */
  readonly dnsServers?: readonly string[]
  /** In place of one made from `hosts` and `dnsServers`; several connectors can share it. */
  readonly resolver?: HostResolver
  /** Milliseconds for name, TCP and TLS together. Default 10,000. */
  readonly connectTimeoutMs?: number
}

/**
 * Makes the function by which undici opens its connections. It checks the literal or every answer of the resolver,
 * connects to what was checked, checks the peer before a byte is sent, and only then speaks TLS. Fails with
 * `target_denied`, `upstream_dns`, `upstream_connect`, `upstream_tls` or `upstream_timeout`; none of them names an
 * address, and nothing was sent.
 */
export function createConnector(options: ConnectorOptions = {}): Connector {
  const resolver = options.resolver ?? createResolver(options)
  const guard = createAddressGuard(compileAllowPrivate(options.allowPrivate ?? []), resolver)
  const upgrade = createTlsUpgrade(options)
  const timeoutMs = options.connectTimeoutMs ?? 10_000

  return (wanted, callback) => {
    const isSecure = wanted.protocol === 'https:'
    const hostname = wanted.hostname.toLowerCase()
    const port = wanted.port === '' ? (isSecure ? 443 : 80) : Number(wanted.port)
    let abandon = (): void => undefined
    let isSettled = false

    const succeed = (socket: Socket): void => {
      if (isSettled) {
        socket.destroy()
        return
      }
      isSettled = true
      clearTimeout(timer)
      callback(null, socket)
    }
    const fail = (error: Error): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      abandon()
      callback(error, null)
    }
    const timer = setTimeout(
      () => fail(new ProxyError('upstream_timeout', 'The upstream did not accept a connection in time.')),
      timeoutMs,
    )

    const receive = (socket: Socket, address: string): void => {
      abandon = () => socket.destroy()
      try {
        guard.checkPeer(socket.remoteAddress, address, hostname, port)
      } catch (denial) {
        fail(asError(denial))
        return
      }
      if (!isSecure) {
        succeed(socket)
        return
      }
      upgrade(socket, hostname, port, (error, secured) => {
        if (secured === undefined) fail(error ?? unreachable(undefined))
        else succeed(secured)
      })
    }

    guard.addressesFor(hostname, port).then(
      (addresses) => {
        if (isSettled) return
        const attempt = openSocket(addresses, port, (error, socket, address) => {
          if (socket === undefined) fail(unreachable(error))
          else receive(socket, address)
        })
        abandon = attempt.abandon
      },
      (error: unknown) => fail(asError(error)),
    )
  }
}

function unreachable(cause: unknown): ProxyError {
  return new ProxyError('upstream_connect', 'The upstream cannot be reached.', { cause })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : unreachable(reason)
}
