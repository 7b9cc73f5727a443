import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awkwardStrings } from '../awkward-strings.js'
import { testAccountDeletes } from './account-deletes.js'
import { testAccountLists } from './account-lists.js'
import { testAccountWrites } from './account-writes.js'
import { testDocuments } from './documents.js'
import { testExternalIds } from './external-ids.js'
import { testSeparation } from './separation.js'
import type { MakeStorage, StorageTestOptions, StorageUnderTest } from './storage-under-test.js'
import { testUserLists } from './user-lists.js'

/**
 * The contract of `Storage`, as vitest suites. One storage is made for all of them; it may hold other records, but none
 * of the projects `proj_…` and kinds `kind…` that the tests use.
 */
export function testStorage(name: string, makeStorage: MakeStorage, options: StorageTestOptions = {}): void {
  describe(`${name} is a storage:`, () => {
    const strings = [...new Set([...awkwardStrings, ...(options.strings ?? [])])]
    let made: StorageUnderTest | undefined
    const getTest = (): StorageUnderTest => {
      if (made === undefined) throw new Error('The storage was not made')
      return made
    }
    const get = (): StorageUnderTest['storage'] => getTest().storage

    beforeAll(async () => {
      made = await makeStorage()
    })
    afterAll(async () => {
      await made?.storage.close()
      await made?.dispose?.()
    })

    it('says that it can serve', async () => {
      await expect(get().check()).resolves.toBeUndefined()
    })

    testAccountWrites(get)
    testExternalIds(get)
    testAccountDeletes(get)
    testAccountLists(get)
    testUserLists(get)
    testSeparation(get, strings)
    testDocuments(getTest, strings)
  })
}
