import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { checkRequest, type ErrorAnswer, type IncomingCall, type OpenAnswer, ProxyError } from '@proxy/core'
import { type Connection, connectionOf, obtainConnection } from './connection.js'
import { defaultLimits, type RequestLimits } from './limits.js'
import { lingeringClose } from './linger.js'
import { type CallRules, NodeCall } from './node-call.js'
import { describeRefusal } from './refusal.js'
import { RequestBody } from './request-body.js'
import { keepTickShape } from './tick-shape.js'

/** What answers calls: a proxy, or a host's own routes in front of one. */
export interface CallHandler {
  handle(call: IncomingCall, open: OpenAnswer): Promise<void>
}

export interface FrontOptions {
  readonly limits?: Partial<RequestLimits>
  /** Spells what is refused before it reaches the handler, such as a head that is too large. Default: `{"error","code"}`. */
  readonly describeError?: (error: ProxyError, call: IncomingCall) => ErrorAnswer
  /** A fault that no caller can be told of: a bug, or the system's refusal. Must not throw. */
  readonly onFault?: (fault: unknown) => void
}

/** The calls of one listener, and what ends them. */
export interface NodeFront {
  readonly listener: RequestListener
  /** The same for a request whose sender waits for `100 Continue`. */
  readonly awaitingListener: RequestListener
  /** Refuses a request that Node parsed, and closes its connection. */
  refuse(response: ServerResponse, error: ProxyError): void
  /** The latest call of a connection, while it is in flight. */
  callOf(socket: Socket): NodeCall | undefined
  /** Nothing more is taken from this connection. True when that was so before. */
  stopReading(socket: Socket): boolean
  /** From now on every answer whose head is not out yet closes its connection. */
  announceEnd(): void
  readonly limits: RequestLimits
}

const MIN_LOOK_MS = 10
const MAX_LOOK_MS = 1_000

/**
 * Everything between a Node server and a handler, but for the server itself. `closesUnused` ends connections that lie
 * between two requests for too long: Node would set and clear two timers for each call.
 */
export function createFront(handler: CallHandler, options: FrontOptions, closesUnused = false): NodeFront {
  keepTickShape()
  const limits = { ...defaultLimits, ...options.limits }
  const onFault = options.onFault ?? ignore
  const keepAlive = closesUnused ? `timeout=${Math.floor(limits.keepAliveTimeoutMs / 1_000)}` : undefined
  const rules: CallRules = { limits, keepAlive, closeAfterAnswer, isEnding: false }
  const unusedTimeoutMs = closesUnused ? limits.keepAliveTimeoutMs : Number.POSITIVE_INFINITY
  const connections = new Set<Connection>()
  let isWatching = false

  function accept(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    // Writing after the caller has left is an error event, which nobody listening would make fatal.
    response.on('error', ignore)
    const connection = obtainConnection(request.socket, watch)
    // Behind an answer that said `close`, nothing is a request: it would be carried out and never answered.
    if (connection.isReadUp) return
    let call: NodeCall
    try {
      call = read(request, response, awaitsContinue)
    } catch (error) {
      refuse(response, error instanceof ProxyError ? error : new ProxyError('internal_error', 'The proxy failed.'))
      return
    }
    if (!response.shouldKeepAlive) connection.isReadUp = true
    connection.begin(call)
    void serve(call, connection, response)
  }

  function read(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): NodeCall {
    const { method = '', url = '', httpVersion, rawHeaders } = request
    const framing = checkRequest({ method, target: url, httpVersion, rawHeaders }, limits)
    const body = framing.hasBody
      ? new RequestBody(request, limits.maxRequestBytes, awaitsContinue ? response : undefined)
      : undefined
    return new NodeCall(request, response, url, body, rules)
  }

  async function serve(call: NodeCall, connection: Connection, response: ServerResponse): Promise<void> {
    try {
      await handler.handle(call, (head) => call.open(head))
      if (!call.isOpen) throw new Error('The handler gave no answer.')
    } catch (error) {
      onFault(error)
      if (response.headersSent) response.destroy()
      else refuse(response, new ProxyError('internal_error', 'The proxy failed to handle this call.'))
    }
    connection.end(call)
  }

  function refuse(response: ServerResponse, error: ProxyError): void {
    const { status, headers, body } = describeRefusal(error, spell(error, response.req))
    closeAfterAnswer(response.req.socket)
    response.writeHead(status, headers)
    response.end(body)
  }

  /** Undefined for what is in no wire form: it names no path. */
  function spell(error: ProxyError, { method = '', url = '', rawHeaders, socket }: IncomingMessage) {
    if (options.describeError === undefined || !url.startsWith('/')) return undefined
    const remoteAddress = socket.remoteAddress ?? ''
    try {
      return options.describeError(error, {
        method,
        target: url,
        headers: rawHeaders,
        body: undefined,
        remoteAddress,
        onCallerLeft: ignore,
      })
    } catch (fault) {
      // The caller gets an answer all the same.
      onFault(fault)
      return undefined
    }
  }

  function callOf(socket: Socket): NodeCall | undefined {
    const call = connectionOf(socket)?.current
    return call === undefined || call.isDone ? undefined : call
  }

  function stopReading(socket: Socket): boolean {
    const connection = obtainConnection(socket, watch)
    const before = connection.isReadUp
    connection.isReadUp = true
    return before
  }

  function closeAfterAnswer(socket: Socket): void {
    stopReading(socket)
    socket.destroySoon = () => lingeringClose(socket, limits)
  }

  function watch(connection: Connection): void {
    connections.add(connection)
    connection.socket.once('close', () => {
      connections.delete(connection)
      connection.closed()
    })
    if (isWatching) return
    isWatching = true
    const shortestMs = Math.min(limits.bodyIdleTimeoutMs, limits.readerIdleTimeoutMs, unusedTimeoutMs)
    const everyMs = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, shortestMs / 8))
    setInterval(() => {
      for (const one of connections) one.endWhenIdle(everyMs, limits.readerIdleTimeoutMs, unusedTimeoutMs)
    }, everyMs).unref()
  }

  return {
    listener: (request, response) => accept(request, response, false),
    awaitingListener: (request, response) => accept(request, response, true),
    refuse,
    callOf,
    stopReading,
    announceEnd: () => {
      rules.isEnding = true
    },
    limits,
  }
}

function ignore(): void {}
