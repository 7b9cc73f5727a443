import { expect, it } from 'vitest'
import { formatTime, isoFormat } from './format-time.js'

const moment = Date.UTC(2026, 2, 5, 4, 6, 7, 89)

it.each([
  ['YYYY-MM-DDTHH:mm:ss', '2026-03-05T04:06:07'],
  ['YYYYMMDDTHHmmss[Z]', '20260305T040607Z'],
  ['ddd, DD MMM YYYY HH:mm:ss ZZ', 'Thu, 05 Mar 2026 04:06:07 +0000'],
  [isoFormat, '2026-03-05T04:06:07.089Z'],
  ['X x Z', '1772683567 1772683567089 +00:00'],
  ['[on] DD[/]MM', 'on 05/03'],
  ['', ''],
])('%s is %s', (format, text) => {
  expect(formatTime(moment, format)).toBe(text)
})
