import { sampleAccount } from '@proxy/conformance'
import { expect, it } from 'vitest'
import { createState } from './state.js'

it('finds the right account by external id when a rewritten file tells of a move twice', () => {
  const state = createState(Date.now)
  const first = sampleAccount({ id: 'apn_1', version: 1, externalId: 'e' })
  const second = sampleAccount({ id: 'apn_2', version: 1, externalId: 'e' })
  // The rewrite saw the first account before it moved and the second one after; then come the moves themselves.
  state.apply({ type: 'account-written', account: first })
  state.apply({ type: 'account-written', account: second })
  state.apply({ type: 'account-written', account: { ...first, version: 2, externalId: 'f' } })
  const accounts = state.find(first)?.accounts
  expect(accounts?.getByExternalId('acme', 'e')).toMatchObject({ id: 'apn_2' })
  expect(accounts?.getByExternalId('acme', 'f')).toMatchObject({ id: 'apn_1' })
  state.apply({ type: 'account-deleted', scope: first, id: 'apn_1', deletedAt: Date.now() })
  expect(accounts?.getByExternalId('acme', 'e')).toMatchObject({ id: 'apn_2' })
  expect(accounts?.getByExternalId('acme', 'f')).toBeUndefined()
})

it('forgets a deleted id after thirty days, no earlier, as others are deleted', () => {
  let now = Date.UTC(2026, 0, 1)
  const state = createState(() => now)
  const account = sampleAccount({ id: 'apn_1' })
  const remove = (id: string): void => state.apply({ type: 'account-deleted', scope: account, id, deletedAt: now })
  remove('apn_1')
  now += 30 * 24 * 3_600_000 - 1
  remove('apn_2')
  expect(state.find(account)?.deleted.has('apn_1')).toBe(true)
  now += 1
  remove('apn_3')
  expect(state.find(account)?.deleted.has('apn_1')).toBe(false)
  expect(state.find(account)?.deleted.has('apn_2')).toBe(true)
})

it('frees the memory of expired documents as others are written', () => {
  let now = Date.UTC(2026, 0, 1)
  const state = createState(() => now)
  const put = (id: string, expiresAt: number | undefined): void =>
    state.apply({ type: 'document-written', document: { kind: 'k', id, value: 1, version: 1, expiresAt } })
  for (let nth = 0; nth < 1_000; nth += 1) put(`short ${nth}`, now + 1_000)
  now += 1_000
  for (let nth = 0; nth < 1_000; nth += 1) put(`long ${nth}`, undefined)
  expect(state.documents.size).toBe(1_000)
})
