import { ProxyError } from '@proxy/core'
import { invalid, Refusal } from '../refusal.js'

const depthMax = 32
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON of a request. Throws `invalid_content_type` for a body of another type, `invalid_body` for what is no JSON. */
export async function readJsonBody(request: Request): Promise<unknown> {
  const bytes = await request.arrayBuffer()
  if (bytes.byteLength === 0) return {}
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Refusal(
      'invalid_request',
      'invalid_content_type',
      'The body must be JSON, with content-type application/json.',
      {
        answeredStatus: 415,
      },
    )
  }
  const value = parse(bytes)
  refuseOddities(value, depthMax)
  return value
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // The parser's own message quotes the text.
    throw invalid('invalid_body', [{ code: 'invalid_json', message: 'must be JSON in UTF-8', path: [] }])
  }
}

/** Bounded in depth, and without a key that could reach a prototype. */
function refuseOddities(value: unknown, depthLeft: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depthLeft === 0) throw new ProxyError('invalid_request', `The body is nested deeper than ${depthMax} levels.`)
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') throw new ProxyError('invalid_request', 'The body has the key __proto__.')
    refuseOddities(inner, depthLeft - 1)
  }
}
