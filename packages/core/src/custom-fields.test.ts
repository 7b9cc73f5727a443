import { describe, expect, it } from 'vitest'
import type { CustomField } from './app-definition.js'
import { customFieldFault } from './custom-fields.js'

const formats: readonly [CustomField['format'], readonly string[], readonly string[]][] = [
  ['host-label', ['a', 'A-1', 'x'.repeat(63)], ['', '-a', 'a-', 'a.b', 'a_b', 'x'.repeat(64), '\u00e9', 'a\n']],
  ['host', ['a', 'a.b-c.example', 'A.example'], ['', 'a..b', 'a.', 'a:1', 'a/b', 'x.'.repeat(130)]],
  [
    'url',
    ['https://a.example', 'http://a.example:8080/x'],
    ['', 'a.example', 'ftp://a.example', 'https://a@b.example'],
  ],
  ['integer', ['0', '-12', '12345678901234567890'], ['', '1.5', '1e3', '+1', ' 1', '1\n', '\u0661']],
  ['uuid', ['0f8fad5b-d9cb-469f-a165-70867728950e'], ['', '0f8fad5b', '0f8fad5bd9cb469fa16570867728950e']],
]

describe('a custom field', () => {
  it.each(formats)('of format %s', (format, taken, left) => {
    const field: CustomField = { name: 'a', ...(format !== undefined && { format }) }
    expect(taken.filter((value) => customFieldFault(field, value) !== undefined)).toEqual([])
    expect(left.filter((value) => customFieldFault(field, value) === undefined)).toEqual([])
  })

  it('with a pattern takes values that match it whole, up to a length', () => {
    const field: CustomField = { name: 'a', pattern: '[a-z]+' }
    expect(customFieldFault(field, 'abc')).toBeUndefined()
    expect(customFieldFault(field, 'abc1')).toBe('must match [a-z]+')
    expect(customFieldFault(field, 'a'.repeat(5_000))).toContain('at most')
  })

  it('without either takes anything, and its fault never shows the value', () => {
    expect(customFieldFault({ name: 'a' }, '\u0000')).toBeUndefined()
    expect(customFieldFault({ name: 'a', format: 'uuid' }, 's3cret')).not.toContain('s3cret')
  })
})
