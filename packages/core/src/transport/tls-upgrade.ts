import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { buildConnector } from 'undici'
import { ProxyError } from '../errors.js'
import type { ClientIdentity } from '../ports/transport.js'
import { makeConnector } from './undici-parts.js'

export interface TlsOptions {
  /** PEM of further authorities to trust beside the well-known ones. */
  readonly ca?: readonly string[]
  readonly identity?: ClientIdentity
}

/** Speaks TLS on an open socket under the host's own name. Calls back once: with the socket, or with a `ProxyError`. */
export type TlsUpgrade = (
  socket: Socket,
  hostname: string,
  port: number,
  callback: (error: ProxyError | undefined, socket: Socket | undefined) => void,
) => void

/** TLS 1.2 or newer, always verified, whatever the environment says. Throws on authorities that cannot be read. */
export function createTlsUpgrade(options: TlsOptions): TlsUpgrade {
  // Trust and certificate are read once and not for every connection; without any of ours, only when TLS is needed.
  let connect = options.ca === undefined ? undefined : tlsConnector(secureContext({ ca: options.ca }))
  if (options.identity !== undefined) connect = undefined

  return (httpSocket, hostname, port, callback) => {
    try {
      connect ??= tlsConnector(secureContext(options))
    } catch (cause) {
      const message = 'The client certificate, its key or its authority cannot be read.'
      callback(new ProxyError('account_config_invalid', message, { cause }), undefined)
      return
    }
    const servername = isIP(hostname) === 0 ? { servername: hostname } : {}
    connect({ hostname, protocol: 'https:', port: String(port), ...servername, httpSocket }, (error, socket) => {
      if (error === null) callback(undefined, socket)
      else callback(tlsFailure(error), undefined)
    })
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

/** undici's connector keeps the TLS sessions. Its time limit is off: the caller has one for everything. */
function tlsConnector(context: SecureContext): buildConnector.connector {
  return makeConnector({ secureContext: context, rejectUnauthorized: true, allowH2: false, timeout: 0 })
}

const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

function tlsFailure(cause: Error): ProxyError {
  const code: unknown = 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && brokenConnection.has(code)
    ? new ProxyError('upstream_connect', 'The upstream closed the connection during the TLS handshake.', { cause })
    : new ProxyError('upstream_tls', 'The upstream did not prove its identity by TLS.', { cause })
}
