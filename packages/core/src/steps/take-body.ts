import type { Readable } from 'node:stream'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import { findHeader } from '../headers.js'
import { asksForForm, encodeJsonAsForm } from '../json-as-form.js'
import type { ProxyCall } from '../ports/dialect.js'
import type { IncomingCall } from '../ports/exchange.js'
import type { RequestBody } from '../ports/transport.js'
import type { BodyLimits } from '../step-parts.js'
import { bodyTooLarge, UploadBody } from '../upload-body.js'

export interface TakenBody {
  readonly body: RequestBody | undefined
  /** Bytes when known. */
  readonly bodyLength: number | undefined
}

const none: TakenBody = { body: undefined, bodyLength: undefined }

/**
 * The caller's body: short ones whole, others as a stream with its bound. Its bytes are changed only where an app has
 * a form made of JSON.
 */
export function takeBody(
  incoming: IncomingCall,
  app: App,
  call: ProxyCall,
  needsBytes: boolean,
  limits: BodyLimits,
): TakenBody | Promise<TakenBody> {
  const source = incoming.body
  if (source === undefined) return none
  const length = contentLength(incoming)
  if (length !== undefined && length > limits.maxRequestBytes) throw bodyTooLarge(limits.maxRequestBytes)
  if (app.encodesJsonAsForm && asksForForm(call)) return collect(source, limits.readableBytes).then(asForm)
  if (length !== undefined && length <= limits.heldBytes) return collect(source, limits.heldBytes)
  if (needsBytes) return collect(source, limits.readableBytes)
  if (call.retries !== undefined && length !== undefined && length <= limits.readableBytes)
    return collect(source, limits.readableBytes)
  return { body: new UploadBody(source, limits.maxRequestBytes), bodyLength: length }
}

function asForm({ body }: TakenBody): TakenBody {
  if (!Buffer.isBuffer(body)) return none
  const form = encodeJsonAsForm(body)
  return { body: form, bodyLength: form.length }
}

function contentLength(incoming: IncomingCall): number | undefined {
  const text = findHeader(incoming.headers, 'content-length')
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new ProxyError('invalid_request', 'Content-Length is not a number of bytes.')
  return Number(text)
}

function collect(source: Readable, maxBytes: number): Promise<TakenBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    source.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) chunks.push(chunk)
      else reject(bodyTooLarge(maxBytes))
    })
    source.on('end', () => {
      const [only] = chunks
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
      resolve({ body, bodyLength: length })
    })
    source.on('error', (error) => reject(error instanceof ProxyError ? error : cut()))
    source.on('close', () => reject(cut()))
  })
}

function cut(): ProxyError {
  return new ProxyError('invalid_request', 'The request body ended before its announced end.')
}
