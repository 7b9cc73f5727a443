import { type AccountSelector, ProxyError } from '@proxy/core'
import { decodeQueryText } from './percent.js'

export interface ProxyQuery {
  readonly externalUserId: string | undefined
  readonly accountId: string | undefined
  /** Every other parameter, byte for byte and in order. */
  readonly rest: string
}

const userName = 'external_user_id'
const accountName = 'account_id'

/** Takes `external_user_id` and `account_id` out of a raw query. Throws `invalid_request` when one is repeated or empty. */
export function readProxyQuery(query: string): ProxyQuery {
  let externalUserId: string | undefined
  let accountId: string | undefined
  let rest: string | undefined
  let userAt = query.indexOf(userName)
  let accountAt = query.indexOf(accountName)
  let equals = query.indexOf('=')
  for (let start = 0; start <= query.length && query !== ''; ) {
    userAt = from(start, query, userName, userAt)
    accountAt = from(start, query, accountName, accountAt)
    equals = from(start, query, '=', equals)
    const ampersand = query.indexOf('&', start)
    const end = ampersand === -1 ? query.length : ampersand
    const nameEnd = equals === -1 || equals > end ? end : equals
    const name =
      start === userAt && nameEnd === start + userName.length
        ? userName
        : start === accountAt && nameEnd === start + accountName.length
          ? accountName
          : parameterName(query.slice(start, nameEnd))
    if (name === userName) {
      externalUserId = only(externalUserId, query.slice(nameEnd + 1, end), name)
    } else if (name === accountName) {
      accountId = only(accountId, query.slice(nameEnd + 1, end), name)
    } else {
      const pair = query.slice(start, end)
      rest = rest === undefined ? pair : `${rest}&${pair}`
    }
    start = end + 1
  }
  return { externalUserId, accountId, rest: rest ?? '' }
}

/** Where a text is next. It is searched again only behind the last place, so that a query is gone through once. */
function from(start: number, query: string, text: string, lastAt: number): number {
  return lastAt === -1 || lastAt >= start ? lastAt : query.indexOf(text, start)
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
