import { type Account, type CredentialValues, freezeStrings, ProxyError, RecordError } from '@proxy/core'

const mostBytes = 65_536

/** An account's credential as the text of its secret, which says whose it is. Throws when it is too large for one. */
export function toOwnedText(account: Account): string {
  const { project, environment, id } = account
  const { customFields, credentials } = account.values.reveal()
  return checkSize(
    JSON.stringify({ account: { project, environment, id }, custom_fields: customFields, credentials }),
    account,
  )
}

export function checkSize(text: string, { id }: Pick<Account, 'id'>): string {
  if (Buffer.byteLength(text) <= mostBytes) return text
  throw new ProxyError(
    'account_config_invalid',
    `The credential of account ${JSON.stringify(id)} is larger than 64 kB.`,
  )
}

/** The credential in the text of a secret. Throws `RecordError` when it is another account's, or not a credential. */
export function fromOwnedText(text: string, { project, environment, id }: Account): CredentialValues {
  const value = fieldsOf(parseJson(text))
  const owner = fieldsOf(value?.account)
  const customFields = stringsOf(value?.custom_fields)
  const credentials = stringsOf(value?.credentials)
  if (customFields === undefined || credentials === undefined) throw unusable(id, 'does not hold a credential')
  if (owner?.project !== project || owner.environment !== environment || owner.id !== id) {
    throw unusable(id, "is another account's")
  }
  return Object.freeze({ customFields, credentials })
}

export function unusable(id: string, why: string): RecordError {
  return new RecordError(`The secret of account ${JSON.stringify(id)} cannot be used: it ${why}.`)
}

/** Undefined when it is not JSON: the parser's own message quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function stringsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  const fields = fieldsOf(value)
  if (fields === undefined || !Object.values(fields).every((text) => typeof text === 'string')) return undefined
  return freezeStrings(fields as Readonly<Record<string, string>>)
}
