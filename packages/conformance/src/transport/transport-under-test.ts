import {
  Cancellation,
  type Clock,
  parseTarget,
  type Transport,
  type UpstreamRequest,
  type UpstreamResponse,
} from '@proxy/core'
import { type ManualClock, manualClock } from '../manual-clock.js'
import type { Peer } from '../wire/peer.js'
import { type RawServer, startRawServer } from '../wire/raw-server.js'

export interface TransportSettings {
  readonly clock: Clock
  /** What may be reached besides public addresses. */
  readonly allowPrivate: readonly string[]
}

export type MakeTransport = (settings: TransportSettings) => Transport

export const headTimeoutMs = 30_000
export const bodyIdleTimeoutMs = 20_000

/** One transport and one upstream of bytes, for one test. */
export interface Bench {
  readonly clock: ManualClock
  readonly transport: Transport
  readonly upstream: RawServer
  send(path: string, request?: Partial<UpstreamRequest>, cancellation?: Cancellation): Promise<UpstreamResponse>
  /** Sends, answers with these bytes on a new connection, and gives both ends. */
  exchange(answer: string, request?: Partial<UpstreamRequest>): Promise<{ peer: Peer; response: UpstreamResponse }>
  stop(): Promise<void>
}

export async function setUpBench(makeTransport: MakeTransport): Promise<Bench> {
  const clock = manualClock()
  const transport = makeTransport({ clock, allowPrivate: ['127.0.0.1'] })
  const upstream = await startRawServer()
  const send: Bench['send'] = (path, request = {}, cancellation = new Cancellation()) =>
    transport.send(
      {
        method: 'GET',
        target: parseTarget(`http://127.0.0.1:${upstream.port}${path}`),
        headers: [],
        body: undefined,
        bodyLength: undefined,
        identity: undefined,
        ...request,
      },
      { headTimeoutMs, bodyIdleTimeoutMs },
      cancellation,
    )

  return {
    clock,
    transport,
    upstream,
    send,
    async exchange(answer, request) {
      const sending = send('/', request)
      sending.catch(() => {})
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      await peer.write(answer)
      return { peer, response: await sending }
    },
    async stop() {
      await upstream.stop()
      await transport.close()
    },
  }
}
