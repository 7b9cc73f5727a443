import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, json } from './answers.js'
import { type RecordedRequest, recordRequest } from './recorded-request.js'

/** A third-party API on loopback that remembers what it was sent. */
export interface Upstream {
  readonly port: number
  /** Everything received since the last `forget`, in order of arrival. */
  readonly requests: readonly RecordedRequest[]
  /** The one request received since the last `forget`; throws when there were none or several. */
  only(): RecordedRequest
  /** Sets the answer for a path (without query). Without one: status 200 and a JSON echo of method and url. */
  answer(path: string, answer: Answer): void
  forget(): void
  stop(): Promise<void>
}

/** Starts an upstream on a free port of 127.0.0.1. */
export async function startUpstream(): Promise<Upstream> {
  const requests: RecordedRequest[] = []
  const answers = new Map<string, Answer>()
  const echo: Answer = (response, request) => json({ method: request.method, url: request.url })(response, request)

  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? '').split('?')[0] ?? ''
    recordRequest(incoming)
      .then(async (request) => {
        requests.push(request)
        await (answers.get(path) ?? echo)(response, request)
      })
      .catch(() => response.destroy()) // the other side went away; a test that cares looks at `requests`
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    requests,
    only: () => {
      const [request, ...more] = requests
      if (request === undefined || more.length > 0) {
        throw new Error(`expected one request upstream, there were ${requests.length}`)
      }
      return request
    },
    answer: (path, answer) => {
      answers.set(path, answer)
    },
    forget: () => {
      requests.length = 0
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
