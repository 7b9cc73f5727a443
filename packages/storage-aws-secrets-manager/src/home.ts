import type { Account, CredentialValues } from '@proxy/core'
import type { ReadVersion } from './batch-reader.js'
import type { Pointer } from './row.js'

/** Where the credentials of some accounts are. */
export interface Home {
  /** The credential of a row; undefined when its secret is not there. Answers at once when it knows. */
  read(row: Account, read: ReadVersion): Promise<CredentialValues | undefined> | CredentialValues | undefined
  /** Stores what `account` holds beside what is there. Undefined when its secret waits for its deletion. */
  prepare(before: Account | undefined, account: Account): Promise<PreparedWrite | undefined>
  /** The secret to delete with the account. */
  secretToDelete(row: Account): string | undefined
}

export interface PreparedWrite {
  readonly pointer: Pointer | undefined
  readonly values: CredentialValues
  /** To be called once the row with the pointer is stored. Never rejects. */
  finish(): Promise<void>
}

export function sameValues(one: CredentialValues, other: CredentialValues): boolean {
  return same(one.customFields, other.customFields) && same(one.credentials, other.credentials)
}

function same(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
