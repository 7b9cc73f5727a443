import type { Account, Environment, Scope, StoredDocument } from '@proxy/core'
import { type AccountTable, accountTable } from './account-table.js'
import { type DocumentTable, documentTable } from './document-table.js'
import { type Tombstones, tombstones } from './tombstones.js'

/** One change of the state: what a write decides, what the file keeps, what subscribers hear. */
export type Change =
  | { readonly type: 'account-written'; readonly account: Account }
  | { readonly type: 'account-deleted'; readonly scope: Scope; readonly id: string; readonly deletedAt: number }
  | { readonly type: 'document-written'; readonly document: StoredDocument }
  | { readonly type: 'document-deleted'; readonly kind: string; readonly id: string }

export interface ScopeState {
  readonly scope: Scope
  readonly accounts: AccountTable
  readonly deleted: Tombstones
}

/** Everything that the store knows, without any durability. */
export interface State {
  readonly documents: DocumentTable
  /** Changes in a snapshot, about. */
  readonly size: number
  /** Undefined while nothing was ever stored in the scope. */
  find(scope: Scope): ScopeState | undefined
  apply(change: Change): void
  /** To be called after many changes, before calls come. */
  sort(): void
  /** The shortest list of changes that makes this state. */
  snapshot(): Generator<Change, void, undefined>
}

export function createState(now: () => number): State {
  const scopes: Record<Environment, Map<string, ScopeState>> = { development: new Map(), production: new Map() }
  const documents = documentTable(now)

  return {
    documents,
    get size() {
      let size = documents.size
      for (const environment of Object.values(scopes)) {
        for (const { accounts, deleted } of environment.values()) size += accounts.size + deleted.size
      }
      return size
    },
    find: (scope) => scopes[scope.environment].get(scope.project),
    apply(change) {
      switch (change.type) {
        case 'account-written':
          obtain(change.account).accounts.put(change.account)
          break
        case 'account-deleted': {
          const { accounts, deleted } = obtain(change.scope)
          accounts.delete(change.id)
          deleted.add(change.id, change.deletedAt)
          break
        }
        case 'document-written':
          documents.put(change.document)
          break
        case 'document-deleted':
          documents.delete(change.kind, change.id)
          break
      }
    },
    sort() {
      for (const environment of Object.values(scopes)) for (const { accounts } of environment.values()) accounts.sort()
    },
    *snapshot() {
      for (const environment of Object.values(scopes)) {
        for (const { scope, accounts, deleted } of environment.values()) {
          for (const [id, deletedAt] of deleted.all()) yield { type: 'account-deleted', scope, id, deletedAt }
          for (const account of accounts.all()) yield { type: 'account-written', account }
        }
      }
      for (const document of documents.all()) yield { type: 'document-written', document }
    },
  }

  function obtain({ project, environment }: Scope): ScopeState {
    let found = scopes[environment].get(project)
    if (found === undefined) {
      found = { scope: { project, environment }, accounts: accountTable(), deleted: tombstones(now) }
      scopes[environment].set(project, found)
    }
    return found
  }
}
