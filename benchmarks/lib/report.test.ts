import { expect, test } from 'vitest'
import { judge, verdictTable } from './report.mjs'

const limits = [{ of: 'product', to: 'reply-from', atMost: 0.85 }]
const figuresWith = (again: number[]) =>
  new Map([
    ['product', [62, 60, 70]],
    ['product-again', again],
    ['reply-from', [82, 80, 81]],
  ])

test('a ratio of the minima within its bar is met, and the ratio of the medians stands beside it', () => {
  const { verdicts, isVoid } = judge({ figures: figuresWith([61, 63, 62]), limits })
  expect(isVoid).toBe(false)
  expect(verdicts).toEqual([expect.objectContaining({ ratio: 0.75, met: true })])
  expect(verdicts[0]?.medianRatio).toBeCloseTo(62 / 81)
})

test('a ratio above its bar is not met', () => {
  const { verdicts } = judge({ figures: figuresWith([61, 63, 62]), limits: [{ ...limits[0], atMost: 0.7 }] })
  expect(verdicts[0]?.met).toBe(false)
})

test('a run in which the product differs from itself is void, whatever its ratios say', () => {
  const judged = judge({ figures: figuresWith([68, 69, 70]), limits })
  expect(judged.isVoid).toBe(true)
  expect(verdictTable(judged)).not.toContain('met')
})

test('candidates that were left out are not judged', () => {
  expect(judge({ figures: new Map([['reply-from', [80]]]), limits }).verdicts).toEqual([])
})

test('a ratio without a bar is shown and judged by nobody', () => {
  const judged = judge({ figures: figuresWith([61, 63, 62]), limits: [{ of: 'reply-from', to: 'product' }] })
  expect(judged.verdicts[0]?.met).toBe(true)
  expect(verdictTable(judged)).toMatch(/reply-from : product +\| 1\.33 +\| 1\.31 +\| +\| +\|/)
})
