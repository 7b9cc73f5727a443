import { isHeaderName, isHeaderValue } from '@proxy/core'
import { isRecord, type JsonRecord } from './json-record.js'
import { malformed } from './malformed.js'

/** Two credentials that a front joined to one value. */
const joinedCredentials = /,\s*(?=(?:bearer|basic)\s)/i

/** Headers of payload format 2.0: names in lower case, repeated ones joined with commas, cookies apart. */
export function joinedHeaders(map: unknown, cookies: unknown): string[] {
  const headers: string[] = []
  for (const [name, given] of Object.entries(mapOf(map, 'headers'))) {
    const value = textOf(given)
    for (const one of separated(name.toLowerCase(), value)) add(headers, name, one)
  }
  if (cookies === undefined || cookies === null) return headers
  if (!Array.isArray(cookies)) throw malformed("The event's cookies are no list.")
  if (cookies.length > 0) add(headers, 'cookie', cookies.map(textOf).join('; '))
  return headers
}

/** What a caller may send once only must look like two here as well when it came twice. */
function separated(name: string, value: string): readonly string[] {
  if (name === 'authorization') return value.split(joinedCredentials)
  return name === 'x-pd-environment' ? value.split(',') : [value]
}

/** Headers of the other forms: one map with all values, one with one value each, or both, saying the same. */
export function listedHeaders(single: unknown, multiple: unknown): string[] {
  const singles = mapOf(single, 'headers')
  if (multiple === undefined || multiple === null) return joinedHeaders(singles, undefined)
  const headers: string[] = []
  for (const [name, values] of Object.entries(mapOf(multiple, 'multiValueHeaders'))) {
    if (!Array.isArray(values)) throw malformed("The event's multiValueHeaders hold something other than lists.")
    for (const value of values) add(headers, name, textOf(value))
  }
  if (single !== undefined && single !== null) checkAgreement(singles, headers)
  return headers
}

function checkAgreement(singles: JsonRecord, headers: readonly string[]): void {
  const valuesByName = new Map<string, string[]>()
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase()
    const values = valuesByName.get(name)
    if (values === undefined) valuesByName.set(name, [headers[index + 1] ?? ''])
    else values.push(headers[index + 1] ?? '')
  }
  const named = new Set<string>()
  for (const [name, given] of Object.entries(singles)) {
    const lower = name.toLowerCase()
    const values = valuesByName.get(lower)
    const value = wireText(textOf(given))
    named.add(lower)
    if (values === undefined || !(values.includes(value) || values.join(',') === value)) throw contradiction()
  }
  if (named.size !== valuesByName.size) throw contradiction()
}

function contradiction(): Error {
  return malformed('The event has two maps of headers that contradict each other.')
}

function add(headers: string[], name: string, value: string): void {
  const text = wireText(value)
  if (!isHeaderName(name)) throw malformed('The event has a header whose name is malformed.')
  if (!isHeaderValue(text)) throw malformed('The event has a header whose value is malformed.')
  headers.push(name, text)
}

/** One character for each byte, as the engine has it. */
function wireText(value: string): string {
  return /[^\0-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed('The event has a header whose value is no text.')
  return value
}

function mapOf(value: unknown, name: string): JsonRecord {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw malformed(`The event's ${name} are no map.`)
  return value
}
