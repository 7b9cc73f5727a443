import { expect, it } from 'vitest'
import { routedWriter } from './routed-writer.js'

it('lines go to whom they are routed, and to the writer itself otherwise', () => {
  const own: string[] = []
  const others: string[] = []
  const writer = routedWriter({ write: (line) => own.push(line), dropped: 2, flush: async () => undefined })
  writer.write('1')
  writer.route((line) => others.push(line))
  writer.write('2')
  writer.route(undefined)
  writer.write('3')
  expect([own, others, writer.dropped]).toEqual([['1', '3'], ['2'], 2])
})
