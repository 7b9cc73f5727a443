import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends these bytes on a connection of their own; everything that came back until the other side closed, as latin1. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  socket.on('error', () => undefined) // a reset shows as the end
  const closed = once(socket, 'close')
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await closed
  return received
}

/** An answer as bytes, taken apart as far as tests look at it. */
export interface WireAnswer {
  readonly status: number
  /** `[name, value]` in the order and case of the wire. */
  readonly headers: readonly (readonly [string, string])[]
  /** All values of a name in any case. */
  values(name: string): readonly string[]
  /** What followed the head, chunks still framed. */
  readonly body: string
}

export function readAnswer(bytes: string): WireAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = (end === -1 ? bytes : bytes.slice(0, end)).split('\r\n')
  const headers = lines.map((line) => splitHeader(line))
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0),
    headers,
    values: (name) => headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
    body: end === -1 ? '' : bytes.slice(end + 4),
  }
}

/** The header lines of a request head as an upstream received it. */
export function headersOf(head: string): readonly (readonly [string, string])[] {
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => splitHeader(line))
}

export function valuesOf(head: string, name: string): readonly string[] {
  return headersOf(head)
    .filter(([other]) => other.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value)
}

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}
