import { once } from 'node:events'
import { createServer as createHttpServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { ProxyError } from '@proxy/core'
import { createClientErrorListener } from './client-error.js'
import { createConnectListener } from './connect-method.js'
import { drainServer } from './drain.js'
import { type CallHandler, createFront, type FrontOptions, type NodeFront } from './node-front.js'
import { TextResponse } from './text-response.js'

export interface ListenOptions extends FrontOptions {
  readonly proxy: CallHandler
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** PEM texts; with it the server speaks https alone. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** What calls in flight get when draining. Default 25 s. */
  readonly drainTimeoutMs?: number
}

export interface NodeServer {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Connections at the moment. */
  readonly connections: number
  /**
   * Takes no more connections, ends what is in flight within the budget and closes. Resolves when nothing is open; the
   * same promise when called again.
   */
  drain(): Promise<void>
}

const DEFAULT_DRAIN_MS = 25_000
const TLS_HANDSHAKE_MS = 10_000
const CHECK_HEADS_MS = 500
const STREAM_BUFFER_BYTES = 64 * 1024
const BACKLOG = 2_048

/** Serves a proxy from a port. Rejects when the port cannot be had. */
export async function listen(options: ListenOptions): Promise<NodeServer> {
  const { proxy, host = '127.0.0.1', port, tls, drainTimeoutMs = DEFAULT_DRAIN_MS, onFault = () => undefined } = options
  const front = createFront(proxy, options, true)
  const settings = serverSettings(front)
  const server =
    tls === undefined
      ? createHttpServer(settings)
      : createHttpsServer({ ...settings, ...tls, handshakeTimeout: TLS_HANDSHAKE_MS })
  attach(server, front)
  const sockets = trackOpen(server, 'connection')
  const connections = tls === undefined ? sockets : trackOpen(server, 'secureConnection')

  server.listen({ host, port, backlog: BACKLOG })
  await once(server, 'listening')
  // Out of descriptors: what is open lives on, and accepting goes on by itself as soon as one is free.
  server.on('error', onFault)

  const actualPort = (server.address() as AddressInfo).port
  let drained: Promise<void> | undefined
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    port: actualPort,
    get connections() {
      return connections.size
    },
    drain: () => {
      drained ??= drainServer(server, front, { connections, sockets }, drainTimeoutMs)
      return drained
    },
  }
}

/** What the types do not take. */
const untypedSettings: object = {
  ServerResponse: TextResponse,
  /** Node 24.10 and later: a request without a body is not run through the life of a stream. */
  optimizeEmptyRequests: true,
}

function serverSettings({ limits }: NodeFront): ServerOptions {
  return {
    insecureHTTPParser: false,
    // Checked here, where the answer has a body.
    requireHostHeader: false,
    maxHeaderSize: limits.maxTargetBytes + limits.maxHeaderBytes,
    headersTimeout: limits.headTimeoutMs,
    // Would limit a body as a whole; bodies have an idle limit.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_HEADS_MS, limits.headTimeoutMs),
    // The front closes unused connections.
    keepAliveTimeout: 0,
    highWaterMark: STREAM_BUFFER_BYTES,
    ...untypedSettings,
  }
}

function attach(server: Server, front: NodeFront): void {
  // Node 20 drops fields beyond its count without a word, and Node 24 calls them too large. They are counted when they
  // are checked, and their size is bounded.
  server.maxHeadersCount = 0
  server.on('request', front.listener)
  server.on('checkContinue', front.awaitingListener)
  server.on('checkExpectation', (_request, response) => {
    front.refuse(response, new ProxyError('invalid_request', 'The only known expectation is 100-continue.'))
  })
  server.on('connect', createConnectListener(front))
  server.on('clientError', createClientErrorListener(front))
}

function trackOpen(server: Server, event: 'connection' | 'secureConnection'): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on(event, (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}
