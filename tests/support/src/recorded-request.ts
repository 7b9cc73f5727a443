import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** How much of a body is kept; of a longer one only the digest and the length are known. */
const KEPT_BYTES = 1024 * 1024

/** What an upstream saw of one request, as it stood on the wire. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query as sent, undecoded. */
  readonly url: string
  /** `[name, value, name, value]` in the order and the case of the wire. */
  readonly rawHeaders: readonly string[]
  /** The first 1 MiB. */
  readonly body: Buffer
  readonly bodyLength: number
  /** SHA-256 of the whole body, hex. */
  readonly bodyDigest: string
  /** Every value of a header, by its name in any case. */
  values(name: string): string[]
}

/** Reads a request to its end. Rejects when the sender goes away first. */
export async function recordRequest(request: IncomingMessage): Promise<RecordedRequest> {
  const digest = createHash('sha256')
  const kept: Buffer[] = []
  let keptLength = 0
  let bodyLength = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    digest.update(chunk)
    bodyLength += chunk.length
    if (keptLength < KEPT_BYTES) {
      kept.push(chunk)
      keptLength += chunk.length
    }
  }
  const rawHeaders = request.rawHeaders
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    rawHeaders,
    body: Buffer.concat(kept).subarray(0, KEPT_BYTES),
    bodyLength,
    bodyDigest: digest.digest('hex'),
    values: (name) => rawHeaders.filter((_, index) => index % 2 === 1 && isNamed(rawHeaders, index - 1, name)),
  }
}

function isNamed(rawHeaders: readonly string[], index: number, name: string): boolean {
  return rawHeaders[index]?.toLowerCase() === name.toLowerCase()
}
