import { accountToRecord, freezeDeep, recordToAccount, type Scope } from '@proxy/core'
import type { Change } from '../state.js'

// JSON text holds no raw control character, so a tab separates what a line break must not.
const separator = '\t'

/** Changes as one line of text: two pieces of JSON each, what it is and what it holds. */
export function changesToText(changes: readonly Change[]): string {
  return changes.flatMap(piecesOf).join(separator)
}

/** Throws when the text is not what `changesToText` makes; with a `RecordError` when an account is not one. */
export function textToChanges(text: string): readonly Change[] {
  if (text === '') return []
  const pieces = text.split(separator)
  const changes: Change[] = []
  for (let at = 0; at < pieces.length; at += 2) changes.push(readChange(pieces[at] ?? '', pieces[at + 1] ?? ''))
  return changes
}

function piecesOf(change: Change): [head: string, body: string] {
  switch (change.type) {
    case 'account-written': {
      const { project, environment, id } = change.account
      return [JSON.stringify([change.type, project, environment, id]), accountToRecord(change.account, undefined)]
    }
    case 'account-deleted': {
      const { project, environment } = change.scope
      return [JSON.stringify([change.type, project, environment, change.id, change.deletedAt]), '']
    }
    case 'document-written': {
      const { kind, id, version, expiresAt, value } = change.document
      return [JSON.stringify([change.type, kind, id, version, expiresAt ?? null]), JSON.stringify(value) ?? '']
    }
    case 'document-deleted':
      return [JSON.stringify([change.type, change.kind, change.id]), '']
  }
}

function readChange(head: string, body: string): Change {
  const fields: unknown = JSON.parse(head)
  if (!Array.isArray(fields)) throw new Error('A change has no head.')
  const [type, first, second, third, fourth] = fields as readonly unknown[]
  switch (type) {
    case 'account-written': {
      const account = recordToAccount(body, scopeOf(first, second), textOf(third), undefined)
      return { type, account }
    }
    case 'account-deleted':
      return { type, scope: scopeOf(first, second), id: textOf(third), deletedAt: numberOf(fourth) }
    case 'document-written': {
      const value = body === '' ? undefined : freezeDeep(JSON.parse(body))
      const expiresAt = fourth === null ? undefined : numberOf(fourth)
      const document = { kind: textOf(first), id: textOf(second), value, version: numberOf(third), expiresAt }
      return { type, document: Object.freeze(document) }
    }
    case 'document-deleted':
      return { type, kind: textOf(first), id: textOf(second) }
    default:
      throw new Error('A change is of no known type.')
  }
}

function scopeOf(project: unknown, environment: unknown): Scope {
  if (environment !== 'development' && environment !== 'production') throw new Error('A change has no environment.')
  return { project: textOf(project), environment }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('A change misses a text.')
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new Error('A change misses a number.')
  return value
}
