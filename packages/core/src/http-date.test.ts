import { expect, it } from 'vitest'
import { readHttpDate } from './http-date.js'

const time = Date.UTC(1994, 10, 6, 8, 49, 37)

it.each([
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  '1994-11-06T08:49:37Z',
  '1994-11-06T09:49:37.000+01:00',
])('%s is read as the same moment', (text) => {
  expect(readHttpDate(text)).toBe(time)
})

it.each([
  '',
  '1',
  '1994',
  '1994-11-06',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 +0100',
  'tomorrow',
  'Sun, 40 Nov 1994 08:49:37 GMT',
])('%j is no date of HTTP', (text) => {
  expect(readHttpDate(text)).toBeUndefined()
})
