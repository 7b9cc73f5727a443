import { Agent, request } from 'node:http'

export interface QuickAnswer {
  readonly status: number
  /** Flat, as on the wire. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

export interface QuickCall {
  readonly method?: string
  readonly path: string
  /** Flat, beside `Host`. */
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A few kept-alive connections to one server, for tests of thousands of calls. */
export interface Callers {
  send(call: QuickCall): Promise<QuickAnswer>
  close(): void
}

export function keepAliveCallers(port: number, connections = 8): Callers {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    send: ({ method = 'GET', path, headers = [], body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
        const all = ['Host', `127.0.0.1:${port}`, ...headers, ...length]
        const call = request({ host: '127.0.0.1', port, agent, method, path, headers: all }, (response) => {
          response.setEncoding('latin1')
          let text = ''
          response.on('data', (chunk: string) => {
            text += chunk
          })
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body: text })
          })
          response.on('error', reject)
        })
        call.on('error', reject)
        call.end(body)
      }),
    close: () => agent.destroy(),
  }
}
