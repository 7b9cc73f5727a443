import type { Account, DocumentWrite, Scope, StoredDocument } from '@proxy/core'
import type { Change, State } from './state.js'

/** The answer to a write and the change that it takes; no change when the write is refused. */
export interface Verdict<T> {
  readonly answer: T
  readonly change: Change | undefined
}

/** `wanted` carries the version it is to have: one more than the one that it replaces. */
export function decideWriteAccount(state: State, wanted: Account): Verdict<Account | undefined> {
  const refused: Verdict<undefined> = { answer: undefined, change: undefined }
  const known = state.find(wanted)
  if ((known?.accounts.get(wanted.id)?.version ?? 0) !== wanted.version - 1) return refused
  if (known?.deleted.has(wanted.id) === true) return refused
  const holder = known?.accounts.getByExternalId(wanted.app, wanted.externalId)
  if (holder !== undefined && holder.id !== wanted.id) return refused
  return { answer: wanted, change: { type: 'account-written', account: wanted } }
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
    value: write.value,
    version: version + 1,
    expiresAt: write.expiresAt,
  })
  return { answer: document, change: { type: 'document-written', document } }
}

export function decideDeleteDocument(state: State, kind: string, id: string): Verdict<boolean> {
  if (state.documents.get(kind, id) === undefined) return { answer: false, change: undefined }
  return { answer: true, change: { type: 'document-deleted', kind, id } }
}
