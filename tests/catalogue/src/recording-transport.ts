import type { Transport, UpstreamRequest, UpstreamResponse } from '@proxy/core'

/** What a transport was asked to send. */
export interface SentRequest {
  readonly method: string
  readonly url: string
  /** Flat, names in lower case. */
  readonly headers: readonly string[]
  readonly body: string
  readonly hasClientCertificate: boolean
}

export interface RecordedAnswer {
  readonly headers?: readonly string[]
  readonly body: string
}

/** Keeps every request in place of sending it, and answers each with 200. */
export function recordingTransport(answer: (request: SentRequest) => RecordedAnswer): Transport & {
  readonly sent: readonly SentRequest[]
} {
  const sent: SentRequest[] = []
  return {
    sent,
    async send(request) {
      const seen = await toSent(request)
      sent.push(seen)
      return toResponse(answer(seen))
    },
    async close() {},
  }
}

async function toSent({ method, target, headers, body, identity }: UpstreamRequest): Promise<SentRequest> {
  const chunks: Buffer[] = []
  if (Buffer.isBuffer(body)) chunks.push(body)
  else if (body !== undefined) for await (const chunk of body) chunks.push(Buffer.from(chunk))
  const url = `${target.origin}${target.path}`
  return { method, url, headers, body: Buffer.concat(chunks).toString(), hasClientCertificate: identity !== undefined }
}

function toResponse({ headers = [], body }: RecordedAnswer): UpstreamResponse {
  return {
    status: 200,
    headers: [...headers, 'content-type', 'application/json'],
    failure: undefined,
    isWhole: false,
    async pipe(sink) {
      await new Promise<void>((resolve) => sink.end(body, resolve))
    },
    collect: async () => Buffer.from(body),
    discard() {},
  }
}
