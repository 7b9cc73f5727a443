import { type Account, type DocumentWrite, freezeAccount, ownJson, type Scope, type StoredDocument } from '@proxy/core'
import type { Change, State } from './state.js'

/** The answer to a write and the change that it takes; no change when the write is refused. */
export interface Verdict<T> {
  readonly answer: T
  readonly change: Change | undefined
}

export function decideWriteAccount(
  state: State,
  account: Account,
  expectedVersion: number,
): Verdict<Account | undefined> {
  const refused: Verdict<undefined> = { answer: undefined, change: undefined }
  const known = state.find(account)
  if ((known?.accounts.get(account.id)?.version ?? 0) !== expectedVersion) return refused
  if (known?.deleted.has(account.id) === true) return refused
  const holder = known?.accounts.getByExternalId(account.app, account.externalId)
  if (holder !== undefined && holder.id !== account.id) return refused
  const stored = freezeAccount(account, expectedVersion + 1)
  return { answer: stored, change: { type: 'account-written', account: stored } }
}

export function decideDeleteAccount(state: State, scope: Scope, id: string, deletedAt: number): Verdict<boolean> {
  if (state.find(scope)?.accounts.get(id) === undefined) return { answer: false, change: undefined }
  const { project, environment } = scope
  return { answer: true, change: { type: 'account-deleted', scope: { project, environment }, id, deletedAt } }
}

export function decideWriteDocument(
  state: State,
  write: DocumentWrite,
  expectedVersion: number | undefined,
): Verdict<StoredDocument | undefined> {
  const version = state.documents.get(write.kind, write.id)?.version ?? 0
  if (expectedVersion !== undefined && expectedVersion !== version) return { answer: undefined, change: undefined }
  const document: StoredDocument = Object.freeze({
    kind: write.kind,
    id: write.id,
    value: ownJson(write.value),
    version: version + 1,
    expiresAt: write.expiresAt,
  })
  return { answer: document, change: { type: 'document-written', document } }
}

export function decideDeleteDocument(state: State, kind: string, id: string): Verdict<boolean> {
  if (state.documents.get(kind, id) === undefined) return { answer: false, change: undefined }
  return { answer: true, change: { type: 'document-deleted', kind, id } }
}
