import { createServer, type Server, type Socket } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Ports on which something listens that nobody outside should reach. */
const ports = [22, 25, 80, 443, 2375, 3000, 3128, 5432, 6379, 8080, 8443, 9200, 11211, 27017]

export interface Sink {
  /** The addresses that connections asked for since the last `forget`, in order. */
  readonly hits: readonly string[]
  /** Those of them that are not on the internet. */
  leaks(): readonly string[]
  forget(): void
  stop(): Promise<void>
}

/**
 * Listens on every address at once. Answers HTTP: a path `/to?<url>` with a redirect there, anything else with the
 * address that was asked for. Every connection is for one request, so that each call needs a new one.
 */
export async function startSink(): Promise<Sink> {
  const hits: string[] = []
  const sockets = new Set<Socket>()
  const receive = (socket: Socket): void => {
    const address = ipaddr.process(socket.localAddress ?? '0.0.0.0').toString()
    hits.push(address)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // the other side may cut
    socket.once('data', (chunk: Buffer) => socket.end(answerTo(chunk.toString('latin1'), address), 'latin1'))
  }
  const servers = await Promise.all(ports.map((port) => listen(port, receive)))
  return {
    hits,
    leaks: () => hits.filter((address) => !isOnTheInternet(address)),
    forget: () => {
      hits.length = 0
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function listen(port: number, receive: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(receive).listen({ port, host: '::', ipv6Only: false, backlog: 511 }, () =>
      resolve(server),
    )
  })
}

function answerTo(head: string, address: string): string {
  const location = /^GET \/to\?(\S+) /.exec(head)?.[1]
  const lines = ['connection: close', `content-length: ${address.length}`]
  if (location !== undefined) lines.push(`location: ${decodeURIComponent(location)}`)
  return `HTTP/1.1 ${location === undefined ? '200 OK' : '302 Found'}\r\n${lines.join('\r\n')}\r\n\r\n${address}`
}

/** Says so by another list than the one under test. */
export function isOnTheInternet(text: string): boolean {
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv4) return text !== '168.63.129.16'
  const first = address.parts[0] ?? 0
  return first >= 0x2000 && first <= 0x3fff
}
