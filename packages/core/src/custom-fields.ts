import type { CustomField } from './app-definition.js'
import { compilePattern } from './linear-pattern.js'
import { parseTarget } from './target.js'

const formats: Readonly<Record<NonNullable<CustomField['format']>, (value: string) => boolean>> = {
  'host-label': isHostLabel,
  host: isHostName,
  url: isUrl,
  integer: (value) => /^-?\d{1,20}$/.test(value),
  uuid: (value) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(value),
}

const formatTexts: Readonly<Record<NonNullable<CustomField['format']>, string>> = {
  'host-label': 'one label of a host name: letters, digits and inner hyphens, at most 63',
  host: 'a host name such as api.example.com',
  url: 'a full URL such as https://api.example.com',
  integer: 'a whole number',
  uuid: 'a UUID',
}

const valueLengthMost = 4096
const compiled = new WeakMap<CustomField, (value: string) => boolean>()

/** What is wrong with a custom field's value, or undefined. The text never holds the value. */
export function customFieldFault(field: CustomField, value: string): string | undefined {
  const { format, pattern } = field
  if (format !== undefined && !formats[format](value)) return `must be ${formatTexts[format]}`
  if (pattern === undefined) return undefined
  if (value.length > valueLengthMost) return `must be at most ${valueLengthMost} characters long`
  let matches = compiled.get(field)
  if (matches === undefined) {
    matches = compilePattern(pattern)
    compiled.set(field, matches)
  }
  return matches(value) ? undefined : `must match ${pattern}`
}

function isUrl(value: string): boolean {
  try {
    parseTarget(value)
    return true
  } catch {
    return false
  }
}

/** One LDH label, in any case. */
export function isHostLabel(value: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value)
}

/** LDH labels joined by dots, in any case; one label counts too. */
export function isHostName(value: string): boolean {
  return value.length <= 253 && value.split('.').every(isHostLabel)
}
