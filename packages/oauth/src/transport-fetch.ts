import {
  type Cancellation,
  isHeaderName,
  isHeaderValue,
  ProxyError,
  parseTarget,
  type Transport,
  UpstreamError,
  type UpstreamLimits,
  type UpstreamRequest,
  type UpstreamResponse,
} from '@proxy/core'

/** The part of `fetch` that a token request needs. */
export type TokenFetch = (url: string, request: TokenRequestInit) => Promise<Response>

export interface TokenRequestInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams | null | undefined
}

/** Bytes of a token request's and of its answer's body at most. */
const bodyBytesMax = 64 * 1024
const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * `fetch` over the guarded transport: no redirects, bodies of 64 kB at most, one second attempt only when no byte of
 * the first had left.
 */
export function transportFetch(transport: Transport, limits: UpstreamLimits, cancellation: Cancellation): TokenFetch {
  return async (url, { method, headers, body }) => {
    const request: UpstreamRequest = {
      method,
      target: parseTarget(url),
      headers: flatHeaders(headers),
      body: requestBody(body),
      bodyLength: undefined,
      identity: undefined,
    }
    const answer = await sendSafely(() => transport.send(request, limits, cancellation))
    const bytes = await answer.collect(bodyBytesMax)
    return new Response(bodilessStatuses.has(answer.status) ? null : new Uint8Array(bytes), {
      status: answer.status,
      headers: answerHeaders(answer),
    })
  }
}

async function sendSafely(send: () => Promise<UpstreamResponse>): Promise<UpstreamResponse> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof UpstreamError && error.reusedSocket && error.nothingSent) return await send()
    throw error
  }
}

function requestBody(body: TokenRequestInit['body']): Buffer | undefined {
  if (body === undefined || body === null) return undefined
  const bytes = Buffer.from(body.toString())
  if (bytes.length > bodyBytesMax) {
    throw new ProxyError('account_config_invalid', 'The account makes a token request of more than 64 kB.')
  }
  return bytes
}

/** Framing is the transport's own; the answer has to be readable as it comes. */
function flatHeaders(headers: Readonly<Record<string, string>>): string[] {
  const flat = ['accept-encoding', 'identity']
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase()
    if (name === 'accept-encoding' || name === 'content-length' || name === 'host') continue
    if (!isHeaderName(name) || !isHeaderValue(value)) {
      throw new ProxyError(
        'account_config_invalid',
        `The account's value for the header ${name} of the token request holds a character that a header cannot carry.`,
      )
    }
    flat.push(name, value)
  }
  return flat
}

function answerHeaders({ headers }: UpstreamResponse): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const value = headers[index + 1] ?? ''
    if (isHeaderValue(value)) pairs.push([headers[index] ?? '', value])
  }
  return pairs
}
