import { type AccountSelector, ProxyError } from '@proxy/core'
import { decodeQueryText } from './percent.js'

export interface ProxyQuery {
  readonly externalUserId: string | undefined
  readonly accountId: string | undefined
  /** Every other parameter, byte for byte and in order. */
  readonly rest: string
}

/** Takes `external_user_id` and `account_id` out of a raw query. Throws `invalid_request` when one is repeated or empty. */
export function readProxyQuery(query: string): ProxyQuery {
  let externalUserId: string | undefined
  let accountId: string | undefined
  let rest: string | undefined
  for (let start = 0; start <= query.length && query !== ''; ) {
    const ampersand = query.indexOf('&', start)
    const end = ampersand === -1 ? query.length : ampersand
    const pair = query.slice(start, end)
    const equals = pair.indexOf('=')
    const nameEnd = equals === -1 ? pair.length : equals
    const name = parameterName(pair.slice(0, nameEnd))
    if (name === 'external_user_id') {
      externalUserId = only(externalUserId, pair.slice(nameEnd + 1), name)
    } else if (name === 'account_id') {
      accountId = only(accountId, pair.slice(nameEnd + 1), name)
    } else {
      rest = rest === undefined ? pair : `${rest}&${pair}`
    }
    start = end + 1
  }
  return { externalUserId, accountId, rest: rest ?? '' }
}

/** An encoded spelling of our own names is still ours, or a second account could hide behind `account%5Fid`. */
function parameterName(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

function only(before: string | undefined, raw: string, name: string): string {
  if (before !== undefined) throw new ProxyError('invalid_request', `The query parameter ${name} is repeated.`)
  if (raw === '') throw new ProxyError('invalid_request', `The query parameter ${name} is empty.`)
  return decodeQueryText(raw, `The query parameter ${name}`)
}

/** `tokenSaysUser`: the bearer is of a kind that belongs to one end user, so that the query need not name one. */
export function selectAccount(query: ProxyQuery, tokenSaysUser: boolean): AccountSelector {
  const { externalUserId, accountId } = query
  if (externalUserId === undefined && !tokenSaysUser) {
    throw new ProxyError('invalid_request', 'The query parameter external_user_id is missing.')
  }
  return accountId === undefined ? { by: 'user', externalUserId } : { by: 'id', id: accountId, externalUserId }
}
