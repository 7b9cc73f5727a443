import type { IncomingCall, OpenAnswer } from '@proxy/core'
import { onTestFinished } from 'vitest'
import type { RequestLimits } from '../src/limits.js'
import { listen, type NodeServer } from '../src/listen.js'
import type { FrontOptions } from '../src/node-front.js'
import { type RawConnection, rawConnection } from './raw-connection.js'

export interface Served {
  readonly server: NodeServer
  /** What reached the handler. */
  readonly calls: readonly IncomingCall[]
  readonly faults: readonly unknown[]
  connect(): Promise<RawConnection>
}

export interface ServeOptions {
  readonly limits?: Partial<RequestLimits>
  readonly drainTimeoutMs?: number
  readonly describeError?: FrontOptions['describeError']
}

/** A server round `handle` on a free port, gone when the test is. */
export async function serve(
  handle: (call: IncomingCall, open: OpenAnswer) => Promise<void>,
  { limits = {}, drainTimeoutMs = 5_000, describeError }: ServeOptions = {},
): Promise<Served> {
  const calls: IncomingCall[] = []
  const faults: unknown[] = []
  const server = await listen({
    port: 0,
    limits: { lingerMs: 500, ...limits },
    drainTimeoutMs,
    ...(describeError && { describeError }),
    onFault: (fault) => faults.push(fault),
    proxy: {
      handle: (call, open) => {
        calls.push(call)
        return handle(call, open)
      },
    },
  })
  const connections: RawConnection[] = []
  onTestFinished(async () => {
    for (const connection of connections) connection.close()
    await server.drain()
  })
  return {
    server,
    calls,
    faults,
    connect: async () => {
      const connection = await rawConnection(server.port)
      connections.push(connection)
      return connection
    },
  }
}

/** Reads the whole body, then answers 200 with its length as the body. */
export async function answerLength(call: IncomingCall, open: OpenAnswer): Promise<void> {
  let length = 0
  for await (const chunk of call.body ?? []) length += (chunk as Buffer).length
  const body = String(length)
  open({ status: 200, headers: ['content-length', String(body.length)] }).end(body)
}

/** Answers 200 without a look at the body. */
export async function answerAtOnce(_call: IncomingCall, open: OpenAnswer): Promise<void> {
  open({ status: 200, headers: ['content-length', '2'] }).end('ok')
}
