import { ProxyError } from '@proxy/core'
import { decodeQueryText } from './percent.js'

export type QueryFields = Readonly<Record<string, string | readonly string[]>>

/** A raw query as names and values; a repeated name has a list. The object has no prototype. */
export function readFields(query: string): QueryFields {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeQueryText(equals === -1 ? pair : pair.slice(0, equals), 'A query parameter')
    const value = equals === -1 ? '' : decodeQueryText(pair.slice(equals + 1), 'A query parameter')
    const before = fields[name]
    if (before === undefined) fields[name] = value
    else if (typeof before === 'string') fields[name] = [before, value]
    else before.push(value)
  }
  return fields
}

/** The name of a form field or query parameter may stand once; gives the values by name. */
export function readForm(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries(readFields(text))) {
    if (typeof value !== 'string') throw new ProxyError('invalid_request', `The field ${name} is repeated.`)
    fields.set(name, value)
  }
  return fields
}
