import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addMember, ascending, createSortedSet, deleteMember, descending, sizeOf } from './sorted-set.js'

const member = fc.integer({ min: 0, max: 3_000 }).map((number) => number.toString(36))

it('is at every moment what a sorted array would be', () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('add' as const), members: fc.array(member, { maxLength: 900 }) }),
      },
      fc.record({ kind: fc.constant('delete' as const), members: fc.array(member, { maxLength: 300 }) }),
      fc.record({ kind: fc.constant('read' as const), members: fc.array(member, { minLength: 1, maxLength: 3 }) }),
    ),
    { maxLength: 25 },
  )
  fc.assert(
    fc.property(steps, (all) => {
      const set = createSortedSet()
      const model = new Set<string>()
      for (const { kind, members } of all) {
        for (const one of members) {
          if (kind === 'add' && !model.has(one)) {
            model.add(one)
            addMember(set, one)
          }
          if (kind === 'delete') {
            model.delete(one)
            deleteMember(set, one)
          }
          if (kind === 'read') {
            const sorted = [...model].sort()
            expect([...ascending(set, undefined)]).toEqual(sorted)
            expect([...ascending(set, one)]).toEqual(sorted.filter((other) => other > one))
            expect([...descending(set, one)]).toEqual(sorted.filter((other) => other < one).reverse())
            expect([...descending(set, undefined)]).toEqual(sorted.reverse())
          }
        }
        expect(sizeOf(set)).toBe(model.size)
      }
    }),
    { numRuns: 100 },
  )
})
