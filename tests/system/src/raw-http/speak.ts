import { once } from 'node:events'
import { connect } from 'node:net'
import { listen } from '@proxy/runtime-node'

/** What came of bytes that were sent on a connection of their own, to a server of their own. */
export interface Spoken {
  /** What the handler saw: method, target and body length; `failed` when the body did not end well. */
  readonly calls: readonly { method: string; target: string; bodyLength: number; failed: boolean }[]
  /** Of final answers, in order. */
  readonly statuses: readonly number[]
  readonly wasClosed: boolean
  readonly faults: readonly unknown[]
}

const patienceMs = 200
const settleMs = 1_000

/** Sends `bytes` and waits until the server closes the connection, or has had ample time to. */
export async function speak(bytes: Buffer): Promise<Spoken> {
  const calls: Spoken['calls'][number][] = []
  const faults: unknown[] = []
  const server = await listen({
    port: 0,
    limits: { headTimeoutMs: patienceMs, bodyIdleTimeoutMs: patienceMs, lingerMs: patienceMs },
    drainTimeoutMs: 0,
    onFault: (fault) => faults.push(fault),
    proxy: {
      async handle(call, open) {
        const seen = { method: call.method, target: call.target, bodyLength: 0, failed: false }
        calls.push(seen)
        try {
          for await (const chunk of call.body ?? []) seen.bodyLength += (chunk as Buffer).length
        } catch (error) {
          seen.failed = true
          const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
          open({ status, headers: ['content-length', '0'] }).end()
          return
        }
        open({ status: 200, headers: ['content-length', '0'] }).end()
      },
    },
  })
  const socket = connect(server.port, '127.0.0.1')
  let received = ''
  let wasClosed = false
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('end', () => {
    wasClosed = true
  })
  socket.on('error', () => {
    wasClosed = true
  })
  socket.write(bytes)
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, settleMs))])
  socket.destroy()
  await server.drain()
  const all = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  return { calls, statuses: all.filter((status) => status >= 200), wasClosed, faults }
}
