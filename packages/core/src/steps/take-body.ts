import type { Readable } from 'node:stream'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import { findHeader } from '../headers.js'
import { asksForForm, encodeJsonAsForm } from '../json-as-form.js'
import type { ProxyCall } from '../ports/dialect.js'
import type { IncomingCall } from '../ports/exchange.js'
import type { RequestBody } from '../ports/transport.js'
import type { BodyLimits } from '../step-parts.js'
import type { Target } from '../target.js'
import { bodyCut, bodyFailure, bodyTooLarge, UploadBody } from '../upload-body.js'

export interface TakenBody {
  readonly body: RequestBody | undefined
  /** Bytes when known. */
  readonly bodyLength: number | undefined
}

const none: TakenBody = { body: undefined, bodyLength: undefined }

/**
 * The caller's body: short ones whole, others as a stream with its bound. Its bytes are changed only where an app has
 * a form made of JSON. `isSentAgain`: it is held if it is short.
 */
export function takeBody(
  incoming: IncomingCall,
  call: ProxyCall,
  app: App,
  target: Target,
  headers: readonly string[],
  isSentAgain: boolean,
  limits: BodyLimits,
): TakenBody | Promise<TakenBody> {
  const source = incoming.body
  if (source === undefined) return none
  // A stream that has failed already tells nobody again.
  if (source.destroyed) throw bodyFailure(source.errored)
  const length = contentLength(incoming)
  if (length !== undefined && length > limits.maxRequestBytes) throw bodyTooLarge(limits.maxRequestBytes)
  if (app.encodesJsonAsForm && asksForForm(call)) return collect(source, limits.readableBytes).then(asForm)
  if (length !== undefined && length <= limits.heldBytes) return collect(source, limits.heldBytes)
  if (app.needsBodyBytes(target, headers)) return collect(source, limits.readableBytes)
  if (isSentAgain && (length === undefined || length <= limits.readableBytes)) {
    return collectIfShort(source, length, limits)
  }
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
    rejectWhenCut(source, reject)
  })
}

/** The whole body when it ends within the bound; else a stream of it, with what was read at its start. */
function collectIfShort(source: Readable, length: number | undefined, limits: BodyLimits): Promise<TakenBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let byteCount = 0
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      byteCount += chunk.length
      if (byteCount > limits.maxRequestBytes) reject(bodyTooLarge(limits.maxRequestBytes))
      if (byteCount <= limits.readableBytes) return
      source.off('data', onData)
      source.pause()
      resolve({ body: new UploadBody(source, limits.maxRequestBytes, chunks), bodyLength: length })
    }
    source.on('data', onData)
    source.on('end', () => resolve({ body: Buffer.concat(chunks), bodyLength: byteCount }))
    rejectWhenCut(source, reject)
  })
}

/** An error made for nothing, with its stack, costs more than all else here: most bodies end before they close. */
function rejectWhenCut(source: Readable, reject: (error: Error) => void): void {
  source.on('error', (error) => reject(bodyFailure(error)))
  source.on('close', () => {
    if (!source.readableEnded) reject(bodyCut())
  })
}
