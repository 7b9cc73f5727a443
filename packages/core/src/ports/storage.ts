import type { Account, Scope } from '../account.js'

/**
 * Reads on the way of a call. Undefined means absent; a rejection means "cannot know" and is answered with 503: a store
 * never guesses.
 */
export interface AccountReader {
  readAccount(scope: Scope, id: string): Promise<Account | undefined> | Account | undefined
  /** By app and external id: unique within a scope. */
  readAccountByExternalId(scope: Scope, app: string, externalId: string): Promise<Account | undefined>
}

/** A reader that remembers accounts, and can be asked what the store says at this moment. */
export interface FreshAccountReader {
  /** As `readAccount`, past what is remembered. Rejects when the store fails, whatever is remembered. */
  readFreshAccount(scope: Scope, id: string): Promise<Account | undefined>
}

/** Writes guarded by version. */
export interface AccountWriter {
  /**
   * Stores `account` with version `expectedVersion + 1` and returns it as stored. `expectedVersion` 0 means "must not
   * exist yet". Undefined when the stored version is another one, the account is gone, or its external id is taken.
   */
  writeAccount(account: Account, expectedVersion: number): Promise<Account | undefined>
  /** True when it was there. A deleted account never comes back by a late write: its version chain has ended. */
  deleteAccount(scope: Scope, id: string): Promise<boolean>
}

export interface AccountQuery {
  readonly scope: Scope
  readonly externalUserId?: string
  readonly app?: string
  readonly oauthAppId?: string
  readonly limit: number
  /** Id of the row after which (before which) the page begins (ends). */
  readonly after?: string
  readonly before?: string
}

export interface Page<T> {
  readonly rows: readonly T[]
  /** Rows that fit the query over all pages. */
  readonly totalCount: number
  /** More rows follow in the direction of the query. */
  readonly hasMore: boolean
}

/** Lists, in ascending order of id. */
export interface AccountDirectory {
  listAccounts(query: AccountQuery): Promise<Page<Account>>
  /** Distinct external user ids in ascending order; `search` matches a part of the id. */
  listUsers(query: UserQuery): Promise<Page<string>>
}

export interface UserQuery {
  readonly scope: Scope
  readonly search?: string
  readonly limit: number
  readonly after?: string
  readonly before?: string
}

/** A store that seals each account by itself, and can say with which key: so that keys can be changed and retired. */
export interface SealedAccounts {
  /** In ascending order of id; at most `limit` after the id `after`. Does not open what is sealed. */
  listSealedAccounts(scope: Scope, limit: number, after?: string): Promise<readonly SealedAccount[]>
}

export interface SealedAccount {
  readonly id: string
  /** Hex id of the key; undefined for what is not sealed, or not to be read. */
  readonly keyId: string | undefined
}

/** A small record beside the accounts: connect token, revocation, OAuth client, custom limit, project setting. */
export interface StoredDocument {
  readonly kind: string
  /** Unique within its kind. */
  readonly id: string
  /** JSON. `sealed: true` at write time asks the store to seal it like a credential. */
  readonly value: unknown
  readonly version: number
  /** Epoch milliseconds after which it reads as absent. */
  readonly expiresAt: number | undefined
}

export interface DocumentWrite {
  readonly kind: string
  readonly id: string
  readonly value: unknown
  readonly expiresAt?: number
}

export interface DocumentStore {
  readDocument(kind: string, id: string): Promise<StoredDocument | undefined>
  /** As `writeAccount`: `expectedVersion` 0 means new, undefined overwrites whatever is there. Undefined on conflict. */
  writeDocument(document: DocumentWrite, expectedVersion: number | undefined): Promise<StoredDocument | undefined>
  deleteDocument(kind: string, id: string): Promise<boolean>
  /** Every live document of a kind whose id starts with `prefix`, ascending by id. For small kinds. */
  listDocuments(kind: string, prefix: string): Promise<readonly StoredDocument[]>
}

/** What a storage package provides. */
export interface Storage extends AccountReader, AccountWriter, AccountDirectory, DocumentStore {
  /** Resolves when the store can serve; rejects with the reason when it cannot. For readiness. */
  check(): Promise<void>
  close(): Promise<void>
}
