import { connect } from 'node:net'
import type { IncomingCall, OpenAnswer } from '@proxy/core'
import { createPeer, type Peer } from '../wire/peer.js'

/** What answers calls: an `ApiProxy`, or anything of its shape. */
export interface CallHandler {
  handle(call: IncomingCall, open: OpenAnswer): Promise<void>
}

export interface RunningRuntime {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

export type MakeRuntime = (handler: CallHandler) => Promise<RunningRuntime>

export interface RuntimeTestOptions {
  /** What stands between the caller and the runtime may fold names and join duplicates. Default true: it does not. */
  readonly keepsHeaders?: boolean
  /** False where request and answer are handed over whole: no test of streaming, backpressure or leaving. Default true. */
  readonly streams?: boolean
  /** False where a request is handed over whole, though the answer streams. Default true. */
  readonly streamsRequests?: boolean
  /** How a target looks after what stands in front of the runtime has read it. Default: as it was sent. */
  readonly arrivesAs?: (target: string) => string
  /** Bytes of the longest answer that is tried. Default 3,000,000. */
  readonly answerBytes?: number
}

/** A runtime whose handler each test sets. */
export interface Bench {
  /** Handles the calls that come from now on. */
  onCall(handle: CallHandler['handle']): void
  /** Opens a connection and sends `request`, latin1. */
  connect(request: string): Promise<Peer>
  stop(): Promise<void>
}

export async function setUpBench(makeRuntime: MakeRuntime): Promise<Bench> {
  let handle: CallHandler['handle'] = async () => {}
  const runtime = await makeRuntime({ handle: (call, open) => handle(call, open) })
  const { hostname, port } = new URL(runtime.url)
  const peers = new Set<Peer>()

  return {
    onCall(next) {
      handle = next
    },
    async connect(request) {
      const peer = createPeer(connect({ host: hostname, port: Number(port), noDelay: true }))
      peers.add(peer)
      await peer.write(request)
      return peer
    },
    async stop() {
      for (const { socket } of peers) socket.destroy()
      await runtime.stop()
    },
  }
}

export interface ReadAnswer {
  readonly status: number
  /** Flat, as received. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** The answer on a connection that `head` may have been read from already. */
export async function readAnswer(peer: Peer, method = 'GET'): Promise<ReadAnswer> {
  const { status, headers } = await readHead(peer)
  const has = (name: string): string | undefined => {
    const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name)
    return at === -1 ? undefined : headers[at + 1]
  }
  if (method === 'HEAD' || status === 204 || status === 304) return { status, headers, body: Buffer.alloc(0) }
  if (has('transfer-encoding') !== undefined) return { status, headers, body: await readChunks(peer) }
  const length = has('content-length')
  return { status, headers, body: length === undefined ? await peer.readRest() : await peer.readBytes(Number(length)) }
}

export async function readHead(peer: Peer): Promise<Omit<ReadAnswer, 'body'>> {
  const [statusLine = '', ...lines] = (await peer.readUntil('\r\n\r\n')).trimEnd().split('\r\n')
  const headers = lines.flatMap((line) => /^([^:]+): ?(.*)$/.exec(line)?.slice(1) ?? [])
  return { status: Number(statusLine.split(' ')[1]), headers }
}

async function readChunks(peer: Peer): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const length = Number.parseInt(await peer.readUntil('\r\n'), 16)
    if (length > 0) chunks.push(await peer.readBytes(length))
    await peer.readUntil('\r\n')
    if (length === 0) return Buffer.concat(chunks)
  }
}
