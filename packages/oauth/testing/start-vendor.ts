import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the vendor got it. */
export interface TokenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The body as a form. */
  readonly form: Record<string, string>
}

export type VendorAnswer = (response: ServerResponse, request: TokenRequest) => void

/** A vendor's login server on loopback. */
export interface Vendor {
  readonly origin: string
  readonly port: number
  readonly requests: readonly TokenRequest[]
  /** The one request; throws when there were none or several. */
  only(): TokenRequest
  answer(answer: VendorAnswer): void
  stop(): Promise<void>
}

export async function startVendor(): Promise<Vendor> {
  const requests: TokenRequest[] = []
  let answer: VendorAnswer = json({ access_token: 'new-access', token_type: 'bearer', expires_in: 3600 })
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const body = Buffer.concat(chunks).toString()
      const request = { method, url, headers, body, form: Object.fromEntries(new URLSearchParams(body)) }
      requests.push(request)
      answer(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    only() {
      const [request, ...more] = requests
      if (request === undefined || more.length > 0) throw new Error(`There were ${requests.length} requests.`)
      return request
    },
    answer(next) {
      answer = next
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers a value as JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): VendorAnswer {
  return text(JSON.stringify(value), 'application/json', status, headers)
}

export function text(
  body: string,
  type = 'text/plain',
  status = 200,
  headers: Record<string, string | string[]> = {},
): VendorAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(body)
  }
}
