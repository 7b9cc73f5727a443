import { cpus } from 'node:os'
import { describe, expect, it } from 'vitest'
import { usableCores } from './usable-cores.js'

const all = cpus().length
const status = (mask: string): string => `Name:\tnode\nCpus_allowed:\t${mask}\nCpus_allowed_list:\t0\n`

describe('usable cores', () => {
  it.each([
    ['1', 1],
    ['8', 1],
    ['80000000,00000000', 1],
    ['3', Math.min(2, all)],
    ['6', Math.min(2, all)],
  ])('are those of the mask %s', (mask, expected) => {
    expect(usableCores(status(mask))).toBe(expected)
  })

  it('are no more than the machine has', () => {
    expect(usableCores(status('ffffffff,ffffffff,ffffffff,ffffffff'))).toBe(all)
  })

  it('are at least one without a word of the system', () => {
    expect(usableCores('')).toBeGreaterThanOrEqual(1)
  })
})
