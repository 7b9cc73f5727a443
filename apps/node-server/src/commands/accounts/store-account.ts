import { type Account, accountToRecord, freezeAccount, type Storage } from '@proxy/core'

/** What became of one account of an import. */
export type Stored = 'created' | 'replaced' | 'unchanged' | 'kept'

/**
 * Stores an account that is not there yet. One that is there stays as it is, unless `replaces`: it may have been renewed
 * since. Throws an error that says why it cannot be stored.
 */
export async function storeAccount(storage: Storage, account: Account, replaces: boolean): Promise<Stored> {
  for (;;) {
    const there = await storage.readAccount(account, account.id)
    if (there !== undefined) {
      if (contentOf(there) === contentOf(account)) return 'unchanged'
      if (!replaces) return 'kept'
    }
    const wanted = there === undefined ? account : { ...account, createdAt: there.createdAt }
    if ((await storage.writeAccount(wanted, there?.version ?? 0)) !== undefined) {
      return there === undefined ? 'created' : 'replaced'
    }
    const now = await storage.readAccount(account, account.id)
    if (now?.version === there?.version) throw new Error(await reasonOf(storage, account))
  }
}

async function reasonOf(storage: Storage, account: Account): Promise<string> {
  const { id, app, externalId } = account
  const holder = await storage.readAccountByExternalId(account, app, externalId)
  if (holder !== undefined && holder.id !== id) return `external_id: is taken by ${holder.id}`
  return `id: ${id} was deleted, and a deleted id is not used again`
}

/** Everything but version and times of its own. */
function contentOf(account: Account): string {
  const { customFields, credentials } = account.values.reveal()
  const content = freezeAccount({ ...account, createdAt: 0, updatedAt: 0 }, 1)
  const { values: _, ...record } = JSON.parse(accountToRecord(content, undefined))
  return JSON.stringify([record, sorted(customFields), sorted(credentials)])
}

function sorted(values: Readonly<Record<string, string>>): readonly [string, string][] {
  return Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1))
}
