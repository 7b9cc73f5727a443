import { expect, it } from 'vitest'
import { epochMsOf, isoTimeOf } from './iso-time.js'

it.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [Date.UTC(2030, 0, 1), '2030-01-01T00:00:00.000Z'],
  [8_640_000_000_000_000, '+275760-09-13T00:00:00.000Z'],
])('%d is %s', (time, text) => {
  expect(isoTimeOf(time)).toBe(text)
})

it.each([undefined, Number.NaN, 8_640_000_000_000_001, 1e300, -9e15])('%d is no time', (time) => {
  expect(isoTimeOf(time)).toBeUndefined()
})

const newYear = Date.UTC(2030, 0, 1)

it.each([newYear, newYear / 1000, String(newYear), String(newYear / 1000), '2030-01-01T00:00:00Z', '2030-01-01'])(
  '%j is read as the time that it is',
  (value) => {
    expect(epochMsOf(value)).toBe(newYear)
  },
)

it.each([-1, 9e15, 1e300, Number.NaN, '9000000000000000', 'soon', '', '1e9'])('%j is read as none', (value) => {
  expect(epochMsOf(value)).toBeUndefined()
})
