import { createSocket } from 'node:dgram'
import ipaddr from 'ipaddr.js'

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  stop(): Promise<void>
}

/**
 * A name server that needs no zone: the first label of a name holds its answers, see `nameOf`. Nothing it says may be
 * kept, and a name whose label begins with `turn` has its answers one by one, a different one for each question.
 */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4')
  const turns = new Map<string, number>()
  socket.on('message', (query, peer) => {
    const label = query.toString('latin1', 13, 13 + (query[12] ?? 0)).toLowerCase()
    const end = query.indexOf(0, 12) + 5
    const length = query.readUInt16BE(end - 4) === 28 ? 16 : 4
    let addresses = (label.match(/[0-9a-f]{32}|[0-9a-f]{8}(?=x|$)/g) ?? [])
      .map((hex) => Buffer.from(hex, 'hex'))
      .filter((address) => address.length === length)
    if (label.startsWith('turn') && addresses.length > 0) {
      const turn = turns.get(label) ?? 0
      turns.set(label, turn + 1)
      addresses = addresses.slice(turn % addresses.length, (turn % addresses.length) + 1)
    }
    socket.send(answer(query.subarray(0, end), length, addresses), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((resolve) => socket.close(resolve)),
  }
}

/** A name that has these addresses, at most one of them of IPv6 (a label has 63 characters). */
export function nameOf(kind: 'all' | 'turn', addresses: readonly string[], unique: number): string {
  const hex = addresses.map((text) => Buffer.from(ipaddr.parse(text).toByteArray()).toString('hex'))
  return `${kind}${unique}x${hex.join('x')}.example.com`
}

function answer(question: Buffer, length: number, addresses: readonly Buffer[]): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt32BE(0, 8)
  // The name asked for, the type, class IN, no life.
  const record = Buffer.from([0xc0, 12, 0, length === 16 ? 28 : 1, 0, 1, 0, 0, 0, 0, 0, length])
  return Buffer.concat([head, ...addresses.flatMap((address) => [record, address])])
}
