import { manualClock, sampleAccount, testStorage } from '@proxy/conformance'
import { type Account, type ChangedRecord, cached, type Storage } from '@proxy/core'
import { memoryStorage } from '@proxy/storage-memory'
import { describe, expect, it } from 'vitest'

testStorage('cached(memoryStorage)', () => {
  const clock = manualClock()
  return { storage: cached(memoryStorage({ clock }), { clock }), now: clock.now, passTime: clock.advance }
})

const account = sampleAccount()

/** Two instances over one storage: the first hears of changes through `tell`. */
function twoInstances(): {
  here: Storage
  elsewhere: Storage
  advance(ms: number): void
  tell(changed: ChangedRecord): void
} {
  const clock = manualClock()
  const shared = memoryStorage({ clock })
  let tell = (_: ChangedRecord): void => {}
  const here = cached(shared, {
    clock,
    subscribe(listener) {
      tell = listener
      return () => {
        tell = () => {}
      }
    },
  })
  return { here, elsewhere: cached(shared, { clock }), advance: clock.advance, tell: (changed) => tell(changed) }
}

async function read(storage: Storage): Promise<Account | undefined> {
  return await storage.readAccount(account, account.id)
}

describe('a change made elsewhere', () => {
  it('is seen at once when word of it comes', async () => {
    const { here, elsewhere, tell } = twoInstances()
    await here.writeAccount(account, 0)
    await read(here)
    await elsewhere.deleteAccount(account, account.id)
    expect(await read(here)).toBeDefined()
    tell({ type: 'account', scope: account, id: account.id })
    expect(await read(here)).toBeUndefined()
    expect(await here.readAccountByExternalId(account, account.app, account.externalId)).toBeUndefined()
  })

  it('is seen within five seconds when no word comes', async () => {
    const { here, elsewhere, advance } = twoInstances()
    await here.writeAccount(account, 0)
    await here.readAccountByExternalId(account, account.app, account.externalId)
    await elsewhere.deleteAccount(account, account.id)
    advance(4_999)
    expect(await read(here)).toBeDefined()
    advance(1)
    expect(await read(here)).toBeUndefined()
    expect(await here.readAccountByExternalId(account, account.app, account.externalId)).toBeUndefined()
  })

  it('is seen in everything when nobody knows what it was', async () => {
    const { here, elsewhere, tell } = twoInstances()
    await here.writeDocument({ kind: 'k', id: 'a', value: 1 }, 0)
    await here.readDocument('k', 'a')
    await elsewhere.writeDocument({ kind: 'k', id: 'a', value: 2 }, 1)
    expect(await here.readDocument('k', 'a')).toMatchObject({ value: 1 })
    tell({ type: 'document', kind: 'k', id: 'b' })
    expect(await here.readDocument('k', 'a')).toMatchObject({ value: 1 })
    tell({ type: 'all' })
    expect(await here.readDocument('k', 'a')).toMatchObject({ value: 2 })
  })

  it('that gives an external id to another account is seen through either one', async () => {
    const { here, elsewhere, tell } = twoInstances()
    const first = await here.writeAccount(account, 0)
    if (first === undefined) throw new Error('The account was not created')
    await here.readAccountByExternalId(account, account.app, account.externalId)
    await elsewhere.writeAccount({ ...first, externalId: 'moved' }, 1)
    await elsewhere.writeAccount(sampleAccount({ id: 'apn_2', externalId: account.externalId }), 0)
    tell({ type: 'account', scope: account, id: account.id })
    expect(await here.readAccountByExternalId(account, account.app, account.externalId)).toMatchObject({ id: 'apn_2' })
    expect(await here.readAccountByExternalId(account, account.app, 'moved')).toMatchObject({ id: account.id })
  })

  it('is not heard of after close', async () => {
    const { here, elsewhere, tell } = twoInstances()
    await here.writeAccount(account, 0)
    await read(here)
    await elsewhere.deleteAccount(account, account.id)
    await here.close()
    tell({ type: 'account', scope: account, id: account.id })
    expect(await read(here)).toBeDefined()
  })
})
