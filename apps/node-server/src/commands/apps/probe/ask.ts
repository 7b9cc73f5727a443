import { Cancellation, findHeader, parseTarget, type Transport } from '@proxy/core'

export interface Question {
  readonly method: string
  readonly url: string
  /** Flat, names in lower case. */
  readonly headers?: readonly string[]
  readonly body?: string
}

export interface Reply {
  readonly status: number
  header(name: string): string | undefined
  /** Undefined for what is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const limits = { headTimeoutMs: 15_000, bodyIdleTimeoutMs: 10_000 }
const replyBytesMost = 256 * 1024

/** One request without a credential; a code of the engine where there is no reply. */
export async function ask(
  transport: Transport,
  { method, url, headers = [], body }: Question,
): Promise<Reply | string> {
  const usual = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'api-proxy-probe']
  try {
    const response = await transport.send(
      {
        method,
        target: parseTarget(url),
        headers: [...usual, ...headers],
        body: body === undefined ? undefined : Buffer.from(body),
        bodyLength: undefined,
        identity: undefined,
      },
      limits,
      new Cancellation(),
    )
    const bytes = await response.collect(replyBytesMost).catch(() => Buffer.alloc(0))
    return {
      status: response.status,
      header: (name) => findHeader(response.headers, name),
      json: readObject(bytes.toString('utf8')),
    }
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'failed'
  }
}

function readObject(text: string): Reply['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
