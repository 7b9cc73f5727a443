import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DemoUpstream {
  readonly port: number
  stop(): Promise<void>
}

/** A third-party API on loopback that shows what it got, and whether the credential was right; never the credential. */
export async function startDemoUpstream(apiKey: string): Promise<DemoUpstream> {
  const server = createServer((request, response) => {
    describe(request, apiKey).then(
      (description) => {
        const body = `${JSON.stringify(description, undefined, 2)}\n`
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        response.end(body)
      },
      () => response.destroy(), // the proxy went away
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function describe(request: IncomingMessage, apiKey: string): Promise<object> {
  const digest = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    digest.update(chunk)
    bytes += chunk.length
  }
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  return {
    message: 'Hello from the demo upstream. This is what it got.',
    method: request.method,
    path,
    query,
    body: { bytes, sha256: digest.digest('hex') },
    header_names: request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    credential: verdict(request.headers.authorization, apiKey),
  }
}

function verdict(authorization: string | undefined, apiKey: string): 'right' | 'wrong' | 'missing' {
  if (authorization === undefined) return 'missing'
  const [given, wanted] = [authorization, `Bearer ${apiKey}`].map((text) => createHash('sha256').update(text).digest())
  return given !== undefined && wanted !== undefined && timingSafeEqual(given, wanted) ? 'right' : 'wrong'
}
