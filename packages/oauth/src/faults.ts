import { type AnswerPlace, type CredentialValues, ExchangeFailure, ExchangeRefusal } from '@proxy/core'
import { type Answer, textAt } from './answer.js'

/** Where OAuth answers name their error (RFC 6749, 5.2). */
export const oauthError: AnswerPlace = { from: 'json', pointer: '/error' }
/** For clients that an account brings itself: that they are not known any more is the account's fault. */
export const voidClientErrors: readonly string[] = ['invalid_grant', 'invalid_client', 'unauthorized_client']

/** What an answer without a token means: the grant is void, or the vendor cannot at the moment. */
export function answerFault(
  answer: Answer,
  errorPlace: AnswerPlace,
  refusals: readonly string[],
  sent: CredentialValues,
): ExchangeRefusal | ExchangeFailure {
  const code = textAt(answer, errorPlace)
  const message = `the vendor answered ${answer.status}${code === undefined ? '' : shown(code, sent)}`
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

/** An error code as vendors write it, and nothing that the vendor could be giving back of what it was sent. */
function shown(code: string, { customFields, credentials }: CredentialValues): string {
  if (!/^[a-z][a-z_-]{0,39}$/.test(code)) return ''
  const values = [...Object.values(customFields), ...Object.values(credentials)].filter((value) => value !== '')
  return values.some((value) => value.includes(code) || code.includes(value)) ? '' : ` ${code}`
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), the latter by the vendor's own clock. */
function retryAfterMs({ headers }: Answer): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const waitMs = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return waitMs > 0 ? waitMs : undefined
}
