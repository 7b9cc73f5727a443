import { createSocket } from 'node:dgram'

/** What the server says to one question. `silence` says nothing, `later` is said when its promise settles. */
export type DnsAnswer =
  | { readonly addresses: readonly string[]; readonly ttlSeconds?: number; readonly alias?: string }
  | 'no-such-name'
  | 'failure'
  | 'silence'

export interface DnsQuestion {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'other'
}

export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  readonly questions: readonly DnsQuestion[]
  stop(): Promise<void>
}

const typeA = 1
const typeAlias = 5
const typeAaaa = 28

/** A name server on a free UDP port of 127.0.0.1 (RFC 1035). It knows only what `answer` says. */
export async function startDnsServer(
  answer: (question: DnsQuestion) => DnsAnswer | Promise<DnsAnswer>,
): Promise<DnsServer> {
  const questions: DnsQuestion[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query)
    const question = { name, type: type === typeA ? 'A' : type === typeAaaa ? 'AAAA' : 'other' } as const
    questions.push(question)
    Promise.resolve(answer(question))
      .then((said) => {
        if (said !== 'silence') socket.send(writeAnswer(query.subarray(0, end), type, said), peer.port, peer.address)
      })
      .catch(() => undefined) // stopped while the answer was on its way
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    stop: () => new Promise((resolve) => socket.close(resolve)),
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let offset = 12
  for (let length = query[offset] ?? 0; length > 0; length = query[offset] ?? 0) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length))
    offset += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 }
}

function writeAnswer(question: Buffer, type: number, said: Exclude<DnsAnswer, 'silence'>): Buffer {
  const code = said === 'no-such-name' ? 3 : said === 'failure' ? 2 : 0
  const records = typeof said === 'string' ? [] : recordsOf(said, type)
  const message = Buffer.from(question)
  message.writeUInt16BE(0x8180 | code, 2)
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(records.length, 6)
  message.writeUInt32BE(0, 8)
  return Buffer.concat([message, ...records])
}

function recordsOf({ addresses, ttlSeconds = 60, alias }: Exclude<DnsAnswer, string>, type: number): Buffer[] {
  const bytes = addresses.map(addressBytes).filter((address) => address.length === (type === typeA ? 4 : 16))
  const asked = Buffer.from([0xc0, 12])
  if (alias === undefined) return bytes.map((address) => record(asked, type, ttlSeconds, address))
  const target = Buffer.concat([...alias.split('.').map(label), Buffer.from([0])])
  return [
    record(asked, typeAlias, ttlSeconds, target),
    ...bytes.map((address) => record(target, type, ttlSeconds, address)),
  ]
}

function record(name: Buffer, type: number, ttlSeconds: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(ttlSeconds, 4)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([name, head, data])
}

function label(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
