import type { Account, Scope } from '../account.js'
import { limitKey } from '../keys.js'
import type { Clock } from '../ports/clock.js'
import type { FreshAccountReader, Storage, StoredDocument } from '../ports/storage.js'
import { createReadCache } from './read-cache.js'

/**
 * A record that was written or deleted, here or elsewhere. `all` when nobody knows which. `doubt` when nobody knows
 * whether there was a change: records are read anew, and used as they are remembered only while the store fails.
 */
export type ChangedRecord =
  | { readonly type: 'account'; readonly scope: Scope; readonly id: string; readonly names?: AccountNames }
  | { readonly type: 'document'; readonly kind: string; readonly id: string }
  | { readonly type: 'all' | 'doubt' }

/** What a written account is found by besides its id, so that its absence is forgotten, too. */
export interface AccountNames {
  readonly app: string
  readonly externalId: string
}

export interface CachedOptions {
  readonly clock: Pick<Clock, 'now'>
  /** How long a record is used without asking again. Default 5,000: the bound for changes of which no word came. */
  readonly ttlMs?: number
  /** The same for an absent one. Default 2,000. */
  readonly negativeTtlMs?: number
  /** How long beyond `ttlMs` a record is used while the store fails. Default 0. Absence is never assumed. */
  readonly staleIfErrorMs?: number
  /** Records kept at most, the least recently used ones dropped first. Default 10,000. */
  readonly maxEntries?: number
  /** Tells of changes made elsewhere; the function it returns ends that. */
  readonly subscribe?: (listener: (changed: ChangedRecord) => void) => () => void
}

/**
 * A storage that remembers the single records it reads; lists are asked for each time. What is changed through it, or
 * told by `subscribe`, is read anew at once. Closing it closes `storage`.
 */
export function cached(storage: Storage, options: CachedOptions): Storage & FreshAccountReader {
  const { clock } = options
  const now = (): number => clock.now()
  const ttlMs = options.ttlMs ?? 5_000
  const settings = {
    ttlMs,
    negativeTtlMs: Math.min(options.negativeTtlMs ?? 2_000, ttlMs),
    staleIfErrorMs: options.staleIfErrorMs ?? 0,
    maxEntries: options.maxEntries ?? 10_000,
    now,
  }
  const accounts = createReadCache<Account>(settings)
  /** Ids by external id; the account behind one is read by its id. */
  const externalIds = createReadCache<string>(settings)
  const documents = createReadCache<StoredDocument>(settings)
  const unsubscribe = options.subscribe?.(forget)

  const readAccount: Storage['readAccount'] = (scope, id) =>
    accounts.read(accountKey(scope, id), () => storage.readAccount(scope, id))

  return {
    readAccount,
    async readFreshAccount(scope, id) {
      const account = await storage.readAccount(scope, id)
      accounts.forget(accountKey(scope, id))
      return account
    },
    async readAccountByExternalId(scope, app, externalId) {
      const key = externalKey(scope, app, externalId)
      const load = async (): Promise<string | undefined> => {
        const account = await storage.readAccountByExternalId(scope, app, externalId)
        return account?.id
      }
      const id = await externalIds.read(key, load)
      if (id === undefined) return undefined
      const account = await readAccount(scope, id)
      if (account?.app === app && account.externalId === externalId) return account
      // The external id has moved on to another account, or to none.
      externalIds.forget(key)
      return await storage.readAccountByExternalId(scope, app, externalId)
    },
    async writeAccount(account, expectedVersion) {
      try {
        return await storage.writeAccount(account, expectedVersion)
      } finally {
        forgetAccount(account, account.id, account)
      }
    },
    async deleteAccount(scope, id) {
      try {
        return await storage.deleteAccount(scope, id)
      } finally {
        forgetAccount(scope, id, undefined)
      }
    },
    listAccounts: (query) => storage.listAccounts(query),
    listUsers: (query) => storage.listUsers(query),
    async readDocument(kind, id) {
      const document = await documents.read(documentKey(kind, id), () => storage.readDocument(kind, id))
      return document?.expiresAt !== undefined && document.expiresAt <= now() ? undefined : document
    },
    async writeDocument(document, expectedVersion) {
      try {
        return await storage.writeDocument(document, expectedVersion)
      } finally {
        documents.forget(documentKey(document.kind, document.id))
      }
    },
    async deleteDocument(kind, id) {
      try {
        return await storage.deleteDocument(kind, id)
      } finally {
        documents.forget(documentKey(kind, id))
      }
    },
    listDocuments: (kind, prefix) => storage.listDocuments(kind, prefix),
    check: () => storage.check(),
    async close() {
      unsubscribe?.()
      await storage.close()
    },
  }

  function forgetAccount(scope: Scope, id: string, names: AccountNames | undefined): void {
    accounts.forget(accountKey(scope, id))
    if (names !== undefined) externalIds.forget(externalKey(scope, names.app, names.externalId))
  }

  function forget(changed: ChangedRecord): void {
    switch (changed.type) {
      case 'account':
        forgetAccount(changed.scope, changed.id, changed.names)
        break
      case 'document':
        documents.forget(documentKey(changed.kind, changed.id))
        break
      case 'all':
        accounts.forgetAll()
        externalIds.forgetAll()
        documents.forgetAll()
        break
      case 'doubt':
        accounts.doubtAll()
        externalIds.doubtAll()
        documents.doubtAll()
        break
    }
  }
}

function accountKey({ project, environment }: Scope, id: string): string {
  return limitKey([project, environment, id])
}

function externalKey({ project, environment }: Scope, app: string, externalId: string): string {
  return limitKey([project, environment, app, externalId])
}

function documentKey(kind: string, id: string): string {
  return limitKey([kind, id])
}
