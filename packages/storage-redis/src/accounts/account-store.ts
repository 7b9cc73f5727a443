import { randomUUID } from 'node:crypto'
import {
  type Account,
  type AccountReader,
  type AccountWriter,
  accountToRecord,
  type ChangedRecord,
  freezeAccount,
  RecordError,
  recordToAccount,
  type Scope,
  type Sealer,
} from '@proxy/core'
import { changeText } from '../changes/announce.js'
import { type AccountKeys, type Keys, requireWellFormed } from '../keys.js'
import { externalName } from '../remembered.js'
import { isForeign, type StoreAccess } from '../store-access.js'
import { externalField, indexKeys, rowsOf, userIndex } from './account-rows.js'
import { deleteAccountScript, writeAccountScript } from './account-scripts.js'

export interface AccountStoreParts {
  readonly keys: Keys
  readonly access: StoreAccess
  readonly sealer: Sealer | undefined
  /** Called before the first read of a log's records. */
  readonly follow: (tag: string, log: string) => Promise<void> | undefined
  /** Names a log that is begun. */
  readonly epoch: string
  /** Hears of each record that is refused. */
  readonly onRefusal: (error: RecordError) => void
}

export interface AccountStore extends AccountReader, AccountWriter {
  /** As `readAccount`, for who remembers nothing. */
  readPatiently(scope: Scope, id: string): Promise<Account | undefined>
}

const recordFields = ['version', 'record'] as const

/** For this long a late write cannot make an account of a deleted one's id: none is under way for that long. */
const deletionMarkMs = 30 * 24 * 3_600_000

export function accountStore(parts: AccountStoreParts): AccountStore {
  const { keys, access, sealer, follow, epoch, onRefusal } = parts

  /** Runs `ask`; what is no account's record is refused by name. */
  async function own<T>(scope: Scope, id: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      const refused = isForeign(error) ? foreignRecord(scope, id) : error
      if (refused instanceof RecordError) onRefusal(refused)
      throw refused
    }
  }

  async function readAccount(scope: Scope, id: string): Promise<Account | undefined> {
    const names = keys.accounts(scope)
    const key = names.account(id)
    const sought = { name: key, key, follow: () => follow(names.tag, names.log) }
    return await own(scope, id, async () =>
      parseAccount(scope, id, await access.readSoon(sought, 'hmget', ...recordFields), sealer),
    )
  }

  return {
    readAccount,
    readPatiently: (scope, id) =>
      own(scope, id, async () => {
        const fields = await access.read(keys.accounts(scope).account(id), 'hmget', ...recordFields)
        return parseAccount(scope, id, fields, sealer)
      }),
    async readAccountByExternalId(scope, app, externalId) {
      const names = keys.accounts(scope)
      const name = externalName(names.externals, app, externalId)
      const sought = { name, key: names.externals, follow: () => follow(names.tag, names.log) }
      const id = await access.readSoon(sought, 'hget', externalField(app, externalId))
      if (typeof id !== 'string') return undefined
      const account = await readAccount(scope, id)
      return account?.app === app && account.externalId === externalId ? account : undefined
    },
    async writeAccount(account, expectedVersion) {
      requireWellFormed(account.id, 'id of the account')
      requireWellFormed(account.externalUserId, 'external user id')
      const names = keys.accounts(account)
      const stored = freezeAccount(account, expectedVersion + 1)
      const { project, environment, id, app, externalId } = stored
      const change: ChangedRecord = {
        type: 'account',
        scope: { project, environment },
        id,
        names: { app, externalId },
      }
      const answer = await own(account, id, () =>
        access.write(writeAccountScript, allKeys(names, id), [
          expectedVersion,
          accountToRecord(stored, sealer),
          JSON.stringify(rowsOf(stored)),
          randomUUID(),
          id,
          epoch,
          keys.channel,
          changeText(names.tag, change),
          userIndex + 1,
        ]),
      )
      return answer === 1 ? stored : undefined
    },
    async deleteAccount({ project, environment }, id) {
      const scope = { project, environment }
      const names = keys.accounts(scope)
      const answer = await own(scope, id, () =>
        access.write(deleteAccountScript, allKeys(names, id), [
          randomUUID(),
          id,
          deletionMarkMs,
          epoch,
          keys.channel,
          changeText(names.tag, { type: 'account', scope, id }),
          userIndex + 1,
        ]),
      )
      return answer === 1
    },
  }
}

function allKeys(names: AccountKeys, id: string): readonly string[] {
  return [names.account(id), names.log, names.externals, names.users, ...indexKeys(names)]
}

function parseAccount(scope: Scope, id: string, fields: unknown, sealer: Sealer | undefined): Account | undefined {
  if (!Array.isArray(fields)) throw foreignRecord(scope, id)
  const [version, record] = fields as readonly unknown[]
  if (version === null && record === null) return undefined
  if (typeof version !== 'string' || typeof record !== 'string') throw foreignRecord(scope, id)
  const account = recordToAccount(record, scope, id, sealer)
  if (String(account.version) !== version) throw foreignRecord(scope, id)
  return account
}

function foreignRecord({ project, environment }: Scope, id: string): RecordError {
  return new RecordError(
    `The stored account ${JSON.stringify(id)} of project ${JSON.stringify(project)}, ${environment}, cannot be used: it is not a record of this storage.`,
  )
}
