import { type Account, type AnswerPlace, ExchangeFailure, ExchangeRefusal } from '@proxy/core'
import { type Answer, textAt } from './answer.js'

/** What an answer without a token means: the grant is void, or the vendor cannot at the moment. */
export function answerFault(
  answer: Answer,
  errorPlace: AnswerPlace,
  refusals: readonly string[],
  account: Account,
): ExchangeRefusal | ExchangeFailure {
  const code = textAt(answer, errorPlace)
  const message = `the vendor answered ${answer.status}${shown(code, account)}`
  if (code !== undefined && answer.status < 500 && refusals.includes(code)) return new ExchangeRefusal(message)
  return failure(answer, message)
}

/** As `answerFault`, by the status alone. */
export function statusFault(answer: Answer, refusedStatuses: readonly number[]): ExchangeRefusal | ExchangeFailure {
  const message = `the vendor answered ${answer.status}`
  if (refusedStatuses.includes(answer.status)) return new ExchangeRefusal(message)
  return failure(answer, message)
}

function failure(answer: Answer, message: string): ExchangeFailure {
  const isSuccess = answer.status >= 200 && answer.status <= 299
  const isRedirect = answer.status >= 300 && answer.status <= 399
  const reason = isSuccess ? ' without a token' : isRedirect ? ', a redirect, which is not followed' : ''
  return new ExchangeFailure(message + reason, { retryAfterMs: retryAfterMs(answer) })
}

/** An error code as vendors write it, and never anything that could be a credential. */
function shown(code: string | undefined, account: Account): string {
  if (code === undefined || !/^[a-z][a-z_-]{0,39}$/.test(code)) return ''
  const { customFields, credentials } = account.values.reveal()
  const secrets = [...Object.values(customFields), ...Object.values(credentials)]
  return secrets.some((secret) => secret !== '' && (secret.includes(code) || code.includes(secret))) ? '' : ` ${code}`
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), by the vendor's own clock when it tells the time. */
function retryAfterMs({ headers }: Answer): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const until = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return until > 0 ? until : undefined
}

/** Where OAuth answers name their error (RFC 6749, 5.2). */
export const oauthError: AnswerPlace = { from: 'json', pointer: '/error' }
/** For clients that an account brings itself: that they are not known any more is the account's fault. */
export const voidClientErrors: readonly string[] = ['invalid_grant', 'invalid_client', 'unauthorized_client']
