import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { findHeader } from '../headers.js'
import { encodeBytes, formPairs, utf8Bytes } from '../percent-bytes.js'
import type { AuthStrategy, Injection, RequestDescription } from '../ports/auth-strategy.js'
import { setJsonMember } from './body-json.js'
import { boundaryOf, setMultipartField } from './body-multipart.js'
import { readSettings } from './settings.js'

/**
 * `{ kind: body, name: api_key, value: "{{custom_fields.api_key}}" }`: a member of a JSON object, or a field of a form
 * or of multipart data, whatever the caller sends; all its other bytes stay. Where there is no body one is made, as
 * `type` says: `json` (the default) or `form`. GET and HEAD have no body and get none.
 */
export const bodyStrategy: AuthStrategy = {
  kind: 'body',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const name = settings.requireText('name')
    if (!/^[\x20-\x7e]{1,256}$/.test(name) || /["\\]/.test(name)) {
      throw new AppFault(settings.path('name'), 'must be printable ASCII without quotes and backslashes')
    }
    const value = settings.template('value')
    const type = settings.oneOf('type', ['json', 'form'], 'json')
    settings.done()
    return {
      kind: 'body',
      headerNames: [],
      queryNames: [],
      body: 'bytes',
      inject(values, request) {
        if (request.method === 'GET' || request.method === 'HEAD') return {}
        const text = value.render(values.reveal(), request)
        const { body } = request
        return body === undefined || body.length === 0 ? made(type, name, text) : changed(request, body, name, text)
      },
    }
  },
}

function made(type: 'json' | 'form', name: string, value: string): Injection {
  if (type === 'json')
    return { headers: ['content-type', jsonType], body: Buffer.from(JSON.stringify({ [name]: value })) }
  return { headers: ['content-type', formType], body: Buffer.from(formPair(name, value)) }
}

const jsonType = 'application/json'
const formType = 'application/x-www-form-urlencoded'

function changed(request: RequestDescription, body: Buffer, name: string, value: string): Injection {
  const contentType = findHeader(request.headers, 'content-type') ?? ''
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const encoding = findHeader(request.headers, 'content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unfit(
      'The body is encoded, so the credential of this app cannot be put into it; send it without an encoding.',
    )
  }
  const result = setField(mediaType, contentType, body, name, value)
  if (result === undefined) {
    throw unfit(
      `The body is not what its content type ${mediaType} says, or no object, so it cannot take the credential.`,
    )
  }
  return { body: result }
}

function setField(mediaType: string, contentType: string, body: Buffer, name: string, value: string) {
  if (mediaType === jsonType || mediaType === 'text/json' || mediaType.endsWith('+json')) {
    return setJsonMember(body, name, value)
  }
  if (mediaType === formType) return setFormField(body, name, value)
  if (mediaType === 'multipart/form-data') {
    const boundary = boundaryOf(contentType)
    return boundary === undefined ? undefined : setMultipartField(body, boundary, name, value)
  }
  const named =
    mediaType === '' ? 'The body has no content type' : `The body has the content type ${mediaType.slice(0, 100)}`
  throw unfit(`${named}; the credential of this app goes into ${jsonType}, ${formType} or multipart/form-data.`)
}

function setFormField(body: Buffer, name: string, value: string): Buffer {
  const own = utf8Bytes(name)
  const kept = body
    .toString('latin1')
    .split('&')
    .filter((pair) => formPairs(pair)[0]?.[0] !== own)
    .join('&')
  return Buffer.from(`${kept}${kept === '' || kept.endsWith('&') ? '' : '&'}${formPair(name, value)}`, 'latin1')
}

function formPair(name: string, value: string): string {
  return `${encodeBytes(utf8Bytes(name))}=${encodeBytes(utf8Bytes(value))}`
}

function unfit(message: string): ProxyError {
  return new ProxyError('invalid_request', message)
}
