import { ProxyError } from '../errors.js'
import { appendQuery, isRelativePath, joinTarget, type Target } from '../target.js'
import { bodyTooLarge } from '../upload-body.js'
import type { UpstreamCall } from '../upstream-call.js'
import { type JsonMember, readJsonObject } from './json-members.js'

const bytesMost = 1024 * 1024
const depthMost = 64
const urlBytesMost = 16 * 1024
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const names: ReadonlySet<string> = new Set(['method', 'url', 'data'])
const bodyHeaders: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'content-language'])

/**
 * The call that a body `{ "method", "url", "data" }` holds, to a path below `base`. The bytes of `data` go on as they
 * are. Throws 400, or 413 beyond 1 MiB.
 */
export function openNestedCall(call: UpstreamCall, base: Target): UpstreamCall {
  if (call.method !== 'POST')
    throw refused('The nested form is sent by POST; the method of the real call is in its body.')
  const [path = '/', query = ''] = split(call.target.path)
  if (path !== '/')
    throw refused('The nested form is sent without a path; the path of the real call is the url in its body.')
  const { body } = call
  if (!Buffer.isBuffer(body)) throw refused('The nested form needs a JSON body with method and url.')
  if (body.length > bytesMost) throw bodyTooLarge(bytesMost)
  const members = readMembers(body)
  const target = appendQuery(readUrl(textOf(body, members.get('url'), 'url'), base), query)
  const data = bytesOf(body, members.get('data'))
  return {
    method: readMethod(textOf(body, members.get('method'), 'method')),
    target,
    headers: [...withoutBodyHeaders(call.headers), ...(data === undefined ? [] : ['content-type', 'application/json'])],
    body: data,
    bodyLength: data?.length,
  }
}

function readMembers(body: Buffer): ReadonlyMap<string, JsonMember> {
  const object = readJsonObject(body, depthMost)
  if (object === undefined) {
    throw refused(`The nested form needs a body that is a JSON object, at most ${depthMost} levels deep.`)
  }
  const members = new Map<string, JsonMember>()
  for (const member of object.members) {
    const shown = JSON.stringify(member.name.slice(0, 50))
    if (!names.has(member.name))
      throw refused(`The body has the member ${shown}; the nested form knows method, url and data.`)
    if (members.has(member.name)) throw refused(`The body has the member ${shown} twice.`)
    members.set(member.name, member)
  }
  return members
}

function textOf(body: Buffer, member: JsonMember | undefined, name: string): string {
  const value: unknown = member && JSON.parse(body.toString('utf8', member.valueStart, member.end))
  if (typeof value !== 'string') throw refused(`The body needs the member ${name}, a text.`)
  return value
}

function bytesOf(body: Buffer, member: JsonMember | undefined): Buffer | undefined {
  const bytes = member && body.subarray(member.valueStart, member.end)
  return bytes === undefined || bytes.toString('latin1') === 'null' ? undefined : bytes
}

function readMethod(text: string): string {
  const method = text.toUpperCase()
  if (!methods.has(method)) throw refused('The method in the body must be one of get, post, put, patch and delete.')
  return method
}

function readUrl(text: string, base: Target): Target {
  if (text.length > urlBytesMost) throw new ProxyError('uri_too_long', 'The url in the body is too long.')
  if (isRelativePath(text)) return joinTarget(base, text)
  throw new ProxyError(
    'invalid_url',
    'The url in the body must be a path such as /v21/customers/1234567890/googleAds:search.',
  )
}

function withoutBodyHeaders(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (!bodyHeaders.has(name)) kept.push(name, headers[index + 1] ?? '')
  }
  return kept
}

function split(path: string): readonly string[] {
  const queryStart = path.indexOf('?')
  return queryStart === -1 ? [path] : [path.slice(0, queryStart), path.slice(queryStart + 1)]
}

function refused(message: string): ProxyError {
  return new ProxyError('invalid_request', message)
}
