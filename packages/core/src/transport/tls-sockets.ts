import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls'
import { ProxyError } from '../errors.js'
import type { ClientIdentity } from '../ports/transport.js'
import { onRead } from './on-read.js'

export interface TlsOptions {
  /** PEM of further authorities to trust beside the well-known ones. */
  readonly ca?: readonly string[]
  readonly identity?: ClientIdentity
}

export interface TlsSockets {
  /**
   * Connects to an address, to speak TLS there under the host's own name. Nothing is sent before the listeners of
   * `connect` are through. Throws a `ProxyError` when the client certificate, its key or its authority cannot be read.
   */
  open(address: string, port: number, hostname: string): TLSSocket
}

const sessionsMax = 100

/** TLS 1.2 or newer, always verified, whatever the environment says. Throws on authorities that cannot be read. */
export function createTlsSockets(options: TlsOptions): TlsSockets {
  // Trust and certificate are read once and not for every connection; without any of ours, only when TLS is needed.
  let context = options.ca !== undefined && options.identity === undefined ? secureContext(options) : undefined
  /** By host name and port. A session that is taken up again proves only whom it was made with. */
  const sessions = new Map<string, Buffer>()

  function keep(key: string, session: Buffer): void {
    sessions.delete(key)
    for (const oldest of sessions.keys()) {
      if (sessions.size < sessionsMax) break
      sessions.delete(oldest)
    }
    sessions.set(key, session)
  }

  return {
    open(address, port, hostname) {
      context ??= identified(options)
      const key = `${hostname}:${port}`
      const wanted = {
        host: address,
        port,
        ...(isIP(hostname) === 0 && { servername: hostname }),
        secureContext: context,
        rejectUnauthorized: true,
        ALPNProtocols: ['http/1.1'],
        session: sessions.get(key),
        highWaterMark: 16_384, // the length of a record
        onread: onRead((chunk) => socket.push(chunk)),
      }
      const socket: TLSSocket = connect(wanted)
      socket.on('session', (session) => keep(key, session))
      return socket
    },
  }
}

function identified(options: TlsOptions): SecureContext {
  try {
    return secureContext(options)
  } catch (cause) {
    const message = 'The client certificate, its key or its authority cannot be read.'
    throw new ProxyError('account_config_invalid', message, { cause })
  }
}

function secureContext({ ca = [], identity }: TlsOptions): SecureContext {
  const own = identity?.certificateAuthority
  const authorities = own === undefined ? ca : [...ca, own]
  // The secure context would pass over what it cannot read.
  for (const authority of authorities) new X509Certificate(authority)
  return createSecureContext({
    minVersion: 'TLSv1.2',
    // Naming any replaces the well-known ones.
    ...(authorities.length > 0 && { ca: [...rootCertificates, ...authorities] }),
    ...(identity !== undefined && { cert: identity.certificate, key: identity.privateKey }),
  })
}

const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** Why a socket whose address was reached did not become a secure one. */
export function tlsFailure(cause: Error): ProxyError {
  const code: unknown = 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && brokenConnection.has(code)
    ? new ProxyError('upstream_connect', 'The upstream closed the connection during the TLS handshake.', { cause })
    : new ProxyError('upstream_tls', 'The upstream did not prove its identity by TLS.', { cause })
}
