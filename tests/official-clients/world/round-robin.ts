import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One address in front of several servers, each of which gets every so-many-th request. */
export interface RoundRobin {
  readonly url: string
  /** Requests that each server got. */
  readonly counts: readonly number[]
  stop(): Promise<void>
}

export async function startRoundRobin(urls: readonly string[]): Promise<RoundRobin> {
  const counts = urls.map(() => 0)
  let turn = 0

  const server = createServer((incoming, response) => {
    const index = turn % urls.length
    turn += 1
    counts[index] = (counts[index] ?? 0) + 1
    const passed = httpRequest(new URL(incoming.url ?? '/', urls[index]), {
      method: incoming.method,
      headers: incoming.rawHeaders,
      agent: false,
    })
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
