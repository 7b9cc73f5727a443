import type { ChangedRecord } from '@proxy/core'
import { expect, it } from 'vitest'
import { changeText, readAnnounced } from './announce.js'

const changes: readonly ChangedRecord[] = [
  {
    type: 'account',
    scope: { project: 'p\n', environment: 'production' },
    id: 'a b',
    names: { app: 'x', externalId: '' },
  },
  { type: 'account', scope: { project: 'p', environment: 'production' }, id: 'a' },
  { type: 'document', kind: 'k', id: '{"' },
]

it.each(changes)('a change arrives as it was told: %j', (change) => {
  expect(readAnnounced(`epoch 7 ${changeText('tag', change)}`)).toEqual({
    tag: 'tag',
    epoch: 'epoch',
    count: 7,
    change,
  })
})

it.each([
  '',
  'hello',
  'epoch 7',
  'epoch 7 {}',
  'epoch x {"tag":"t","change":{"type":"document","kind":"k","id":"i"}}',
  'epoch 7 {"tag":"t","change":{"type":"all"}}',
  'epoch 7 {"tag":"t","change":{"type":"account","id":"a"}}',
  'epoch 7 {"tag":"t","change":null}',
  'epoch 7 {"tag":7,"change":{"type":"document","kind":"k","id":"i"}}',
  'epoch 7 {"tag":"t","change":{"type":"document"',
])('what is no change is not heard: %s', (message) => {
  expect(readAnnounced(message)).toBeUndefined()
})
