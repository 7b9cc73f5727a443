import { type Account, type CredentialValues, Secret } from '@proxy/core'

/** Where a row's credential is. `base` is the version that was current when `version` was written beside it. */
export interface Pointer {
  readonly secret: string
  readonly version: string
  readonly base: string | undefined
}

/** The account as the metadata keeps it: the credential is replaced by where it is. */
export function toRow(account: Account, pointer: Pointer | undefined): Account {
  const credentials: Record<string, string> = {}
  for (const [name, value] of Object.entries(pointer ?? {})) if (value !== undefined) credentials[name] = value
  return { ...account, values: new Secret({ customFields: {}, credentials }) }
}

export function pointerOf(row: Account): Pointer | undefined {
  const { secret, version, base } = row.values.reveal().credentials
  return secret === undefined || version === undefined ? undefined : { secret, version, base }
}

/** Rows with their credentials: the same object for the same row and values. */
export function createComposer(): (row: Account, values: CredentialValues) => Account {
  const composed = new WeakMap<Account, { readonly values: CredentialValues; readonly account: Account }>()
  return (row, values) => {
    const known = composed.get(row)
    if (known?.values === values) return known.account
    const account = Object.freeze({ ...row, values: new Secret(values) })
    composed.set(row, { values, account })
    return account
  }
}
