import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A request as it shall stand on the wire: nothing is added to the path, nothing is decoded. */
export interface RawRequest {
  readonly method?: string
  /** Flat or as an object; a flat list keeps order and duplicates. */
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  /** A stream or iterable goes out chunked, unless a content-length is given. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** The certificate to trust, as PEM. */
  readonly ca?: string | undefined
}

/** An answer as it stood on the wire; the body is kept whole. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  text(): string
  json(): unknown
}

/** One request over `node:http`, without a connection pool. Rejects when no answer comes. */
export async function rawRequest(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const { origin } = new URL(url)
  const { body } = options
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const request = send(origin, {
    path: url.slice(origin.length),
    method: options.method ?? 'GET',
    headers: isWhole ? withLength(options.headers ?? {}, body) : (options.headers ?? {}),
    agent: false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      response
        .toArray()
        .then((chunks) => {
          const body = Buffer.concat(chunks)
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body,
            text: () => body.toString('utf8'),
            json: () => JSON.parse(body.toString('utf8')) as unknown,
          })
        })
        .catch(reject)
    })
  })
  if (body === undefined || isWhole) {
    request.end(body)
  } else {
    // An early refusal breaks the upload; the answer is what counts then.
    await Promise.race([pipeline(Readable.from(body), request).catch(() => undefined), answer])
  }
  return answer
}

/** Node frames a body of its own accord for some methods only; DELETE is not among them. */
function withLength(
  headers: OutgoingHttpHeaders | readonly string[],
  body: string | Uint8Array,
): OutgoingHttpHeaders | readonly string[] {
  const length = String(Buffer.byteLength(body))
  if (!Array.isArray(headers)) return { 'content-length': length, ...headers }
  const list = headers as readonly string[]
  const hasLength = list.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length')
  return hasLength ? list : [...list, 'Content-Length', length]
}
