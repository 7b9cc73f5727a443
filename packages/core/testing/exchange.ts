import { Cancellation } from '../src/cancellation.js'
import type { Transport, UpstreamResponse } from '../src/ports/transport.js'
import { parseTarget } from '../src/target.js'

export type Outcome =
  | { readonly kind: 'relayed'; readonly status: number; readonly headers: readonly string[]; readonly body: string }
  | { readonly kind: 'refused' | 'cut'; readonly code: unknown }

interface Asked {
  readonly method?: string
  readonly body?: string
}

/** Sends one request; resolves at the head of its answer. */
export function send(
  transport: Transport,
  url: string,
  { method = 'GET', body: text }: Asked = {},
): Promise<UpstreamResponse> {
  const request = {
    method,
    target: parseTarget(url),
    headers: [],
    body: text === undefined ? undefined : Buffer.from(text),
    bodyLength: undefined,
    identity: undefined,
  }
  return transport.send(request, { headTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000 }, new Cancellation())
}

/** Sends one request and reads its answer: relayed whole, refused before its head, or cut in its body. */
export async function exchange(transport: Transport, url: string, asked: Asked = {}): Promise<Outcome> {
  let kind: 'refused' | 'cut' = 'refused'
  try {
    const response = await send(transport, url, asked)
    kind = 'cut'
    const body = await response.collect(1_000_000)
    return { kind: 'relayed', status: response.status, headers: response.headers, body: body.toString('latin1') }
  } catch (error) {
    return { kind, code: error instanceof Error && 'code' in error ? error.code : error }
  }
}
