import { ProxyError } from '@proxy/core'

const depthMax = 32
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The body's bytes. Throws `payload_too_large` as soon as it is longer than `maxBytes`. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // The stream is cancelled when the loop is left by an error.
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw new ProxyError('payload_too_large', `The body is longer than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Strict UTF-8, or `invalid_request`. */
export function readText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new ProxyError('invalid_request', 'The body is not UTF-8.')
  }
}

/**
 * JSON from outside: bounded in depth, and without a key that could reach a prototype. `what` names it in the error,
 * which never shows a part of it.
 */
export function parseJson(text: string, what: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProxyError('invalid_request', `${what} is not valid JSON.`)
  }
  refuseOddities(value, what, depthMax)
  return value
}

function refuseOddities(value: unknown, what: string, depthLeft: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depthLeft === 0) throw new ProxyError('invalid_request', `${what} is nested deeper than ${depthMax} levels.`)
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') throw new ProxyError('invalid_request', `${what} has the key __proto__.`)
    refuseOddities(inner, what, depthLeft - 1)
  }
}
