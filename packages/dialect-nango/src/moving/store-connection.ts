import { type Account, accountToRecord, freezeAccount, type Storage } from '@proxy/core'

const attemptsMost = 5

/** Stores a connection in place of one of the same name, unless that is the same already. */
export async function storeConnection(
  storage: Storage,
  account: Account,
): Promise<'created' | 'replaced' | 'unchanged'> {
  for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
    const before = await storage.readAccountByExternalId(account, account.app, account.externalId)
    if (before === undefined) {
      if ((await storage.writeAccount(account, 0)) !== undefined) return 'created'
      continue
    }
    const wanted = { ...account, id: before.id, createdAt: before.createdAt }
    if (contentOf(wanted) === contentOf(before)) return 'unchanged'
    if ((await storage.writeAccount(wanted, before.version)) !== undefined) return 'replaced'
  }
  throw new Error('the connection is being changed by others')
}

/** Everything but version and times of its own. */
function contentOf(account: Account): string {
  const record = accountToRecord(freezeAccount({ ...account, updatedAt: 0, lastRefreshedAt: undefined }, 1), undefined)
  return JSON.stringify(sorted(JSON.parse(record)))
}

/** With the members of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}
