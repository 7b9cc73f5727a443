import { expect, it } from 'vitest'
import { isoTimeOf } from './iso-time.js'

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
