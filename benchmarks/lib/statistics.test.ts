import { expect, test } from 'vitest'
import { median, quantile } from './statistics.mjs'

test('a median lies in the middle, or between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})

test('a quantile does not disturb the figures it is taken from', () => {
  const figures = [30, 10, 20]
  expect(quantile(figures, 1)).toBe(30)
  expect(figures).toEqual([30, 10, 20])
})
