import type { AccountQuery, Bucket, ChangedRecord, Decision, Page, Scope, UserQuery } from '@proxy/core'

/** What can be asked of the process that holds the state: arguments and answer, all JSON. Absence is null. */
export interface Operations {
  readAccount(scope: Scope, id: string): string | null
  readAccountByExternalId(scope: Scope, app: string, externalId: string): string | null
  writeAccount(record: string, expectedVersion: number): string | null
  deleteAccount(scope: Scope, id: string): boolean
  listAccounts(query: AccountQuery): Page<string>
  listUsers(query: UserQuery): Page<string>
  readDocument(kind: string, id: string): WireDocument | null
  writeDocument(document: WireDocumentWrite, expectedVersion: number | null): WireDocument | null
  deleteDocument(kind: string, id: string): boolean
  listDocuments(kind: string, prefix: string): readonly WireDocument[]
  check(): null
  consume(buckets: readonly Bucket[]): Decision | null
  acquireLease(key: string, durationMs: number): WireLease | null
  renewLease(number: number): boolean
  releaseLease(number: number): null
}

export type OperationName = keyof Operations

export interface WireDocumentWrite {
  readonly kind: string
  readonly id: string
  readonly value: unknown
  readonly expiresAt: number | null
}

export interface WireDocument extends WireDocumentWrite {
  readonly version: number
}

export interface WireLease {
  readonly number: number
  readonly fencingToken: number
}

export interface Question {
  readonly number: number
  readonly operation: OperationName
  readonly arguments: readonly unknown[]
}

export type Answer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: WireError }

export interface WireError {
  /** Of a `ProxyError`; null for any other. */
  readonly code: string | null
  readonly message: string
}

/** Everything of one moment in one message. The name keeps it apart from other messages between the processes. */
export interface SharedStateMessage {
  readonly sharedState: {
    readonly questions?: readonly Question[]
    readonly answers?: readonly Answer[]
    readonly changes?: readonly ChangedRecord[]
  }
}

export function isSharedStateMessage(message: unknown): message is SharedStateMessage {
  return typeof message === 'object' && message !== null && 'sharedState' in message
}
