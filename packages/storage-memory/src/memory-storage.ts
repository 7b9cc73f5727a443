import type { Account, Clock, Scope, Storage } from '@proxy/core'
import {
  decideDeleteAccount,
  decideDeleteDocument,
  decideWriteAccount,
  decideWriteDocument,
  type Verdict,
} from './decide.js'
import { type Change, createState } from './state.js'

export interface MemoryStorageOptions {
  readonly clock?: Pick<Clock, 'now'>
  /** Hears every change once it holds. It must not throw. */
  readonly onChange?: (change: Change) => void
}

/** A `Storage` whose `readAccount` answers at once, with the same frozen object until the account is written again. */
export interface MemoryStorage extends Storage {
  readAccount(scope: Scope, id: string): Account | undefined
}

/** Accounts and documents in the memory of this process. */
export function memoryStorage(options: MemoryStorageOptions = {}): MemoryStorage {
  const now = options.clock === undefined ? Date.now : options.clock.now.bind(options.clock)
  const state = createState(now)

  return {
    readAccount: (scope, id) => state.find(scope)?.accounts.get(id),
    async readAccountByExternalId(scope, app, externalId) {
      return state.find(scope)?.accounts.getByExternalId(app, externalId)
    },
    async writeAccount(account, expectedVersion) {
      return settle(decideWriteAccount(state, account, expectedVersion))
    },
    async deleteAccount(scope, id) {
      return settle(decideDeleteAccount(state, scope, id, now()))
    },
    async listAccounts(query) {
      return state.find(query.scope)?.accounts.list(query) ?? { rows: [], totalCount: 0, hasMore: false }
    },
    async listUsers(query) {
      return state.find(query.scope)?.accounts.listUsers(query) ?? { rows: [], totalCount: 0, hasMore: false }
    },
    async readDocument(kind, id) {
      return state.documents.get(kind, id)
    },
    async writeDocument(document, expectedVersion) {
      return settle(decideWriteDocument(state, document, expectedVersion))
    },
    async deleteDocument(kind, id) {
      return settle(decideDeleteDocument(state, kind, id))
    },
    async listDocuments(kind, prefix) {
      return state.documents.list(kind, prefix)
    },
    async check() {},
    async close() {},
  }

  function settle<T>({ answer, change }: Verdict<T>): T {
    if (change !== undefined) {
      state.apply(change)
      options.onChange?.(change)
    }
    return answer
  }
}
