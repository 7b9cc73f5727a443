import { randomUUID } from 'node:crypto'
import { type Account, type CredentialValues, limitKey, type ReadCache } from '@proxy/core'
import { type Home, sameValues } from './home.js'
import { fromOwnedText, toOwnedText, unusable } from './owned-text.js'
import { type Pointer, pointerOf } from './row.js'
import type { SecretNames } from './secret-names.js'
import type { Service } from './service.js'
import { isFault } from './service-fault.js'

export interface OwnedHomeOptions {
  readonly service: Service
  readonly cache: Pick<ReadCache<CredentialValues>, 'read' | 'forget'>
  readonly nameOf: SecretNames
  /** The row as it is stored at this moment. */
  readonly readRow: (account: Account) => Promise<Account | undefined> | Account | undefined
}

/**
 * One secret for each account, made, written and deleted with it. A row names the version that holds its credential, so
 * the row's own guarded write decides which version counts; the stages follow it.
 */
export function ownedHome({ service, cache, nameOf, readRow }: OwnedHomeOptions): Home {
  const home: Home = {
    read(row, readVersion) {
      const pointer = requirePointer(row)
      return cache.read(keyOf(row, pointer), async () => {
        const found = await readVersion(pointer.secret, pointer.version)
        if (found === undefined) return undefined
        const values = fromOwnedText(found.text, row)
        // A writer that ended between its row and this step left it to whoever reads next.
        if (!found.isCurrent) void makeCurrent(row, pointer, undefined)
        return values
      })
    },
    async prepare(before, account) {
      const values = account.values.reveal()
      if (before !== undefined) {
        const pointer = requirePointer(before)
        const stored = await home.read(before, service.read)
        if (stored !== undefined && sameValues(stored, values)) {
          return { pointer, values: stored, finish: async () => undefined }
        }
      }
      const beforePointer = before === undefined ? undefined : requirePointer(before)
      const secret = beforePointer?.secret ?? nameOf(account, account.id)
      const pointer: Pointer = { secret, version: randomUUID(), base: undefined }
      const isMade = await store(pointer, toOwnedText(account), before === undefined)
      if (isMade === undefined) return undefined
      return {
        pointer,
        values,
        async finish() {
          await cache.read(keyOf(account, pointer), () => values)
          if (!isMade) await makeCurrent(account, pointer, beforePointer?.version)
        },
      }
    },
    secretToDelete: (row) => pointerOf(row)?.secret,
  }
  return home

  /** True when the version is the first of a new secret; undefined when the secret waits for its deletion. */
  async function store({ secret, version }: Pointer, text: string, isNew: boolean): Promise<boolean | undefined> {
    const create = async (): Promise<boolean> => {
      await service.create(secret, version, text)
      return true
    }
    const put = async (): Promise<boolean> => {
      await service.put(secret, version, text)
      return false
    }
    try {
      try {
        return await (isNew ? create() : put())
      } catch (error) {
        if (isNew && isFault(error, 'exists')) return await put()
        if (!isNew && isFault(error, 'absent')) return await create()
        throw error
      }
    } catch (error) {
      if (isFault(error, 'deleted')) return undefined
      throw error
    }
  }

  /** Moves the stage to the version that the row names, as long as it names it. */
  async function makeCurrent(account: Account, pointer: Pointer, expected: string | undefined): Promise<void> {
    const { secret, version } = pointer
    try {
      if (expected !== undefined) {
        try {
          await service.makeCurrent(secret, version, expected)
          return
        } catch (error) {
          if (!isFault(error, 'guarded')) throw error
        }
      }
      const holder = await service.currentVersion(secret)
      const row = await readRow(account)
      if (holder === undefined || holder === version || row === undefined) return
      if (pointerOf(row)?.version === version) await service.makeCurrent(secret, version, holder)
    } catch {
      // The row is what counts. The next read or write moves the stage.
    }
  }
}

function requirePointer(row: Account): Pointer {
  const pointer = pointerOf(row)
  if (pointer === undefined) throw unusable(row.id, 'is not named by its stored record')
  return pointer
}

/** The account is part of it: a record that names another one's secret finds nothing that was read for that one. */
function keyOf({ project, environment, id }: Account, { secret, version }: Pointer): string {
  return limitKey([project, environment, id, secret, version])
}
