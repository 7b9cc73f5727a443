import type { Account } from './account.js'
import { ProxyError } from './errors.js'
import { ExchangeFailure } from './exchange-failure.js'
import { ExchangeRefusal } from './exchange-refusal.js'

/** 424: only the end user can help. */
export function reauthRequired(account: Account): ProxyError {
  return new ProxyError('account_reauth_required', `The account ${account.id} has to be connected again.`, {
    details: { account_id: account.id },
  })
}

/** 503: there is no valid token now; later there may be. */
export function refreshFailed(account: Account, retryAfterMs: number, cause?: unknown): ProxyError {
  return new ProxyError(
    'credential_refresh_failed',
    `The credential of the account ${account.id} cannot be renewed at the moment.`,
    {
      details: { account_id: account.id },
      retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
      cause,
    },
  )
}

/** The same while the vendor is not asked, because it failed a moment ago. */
export function refreshPaused(account: Account, pausedMs: number): ProxyError {
  const { code, message, retryAfterSeconds = 1 } = refreshFailed(account, pausedMs)
  return new ProxyError(code, message, { details: { account_id: account.id, paused: true }, retryAfterSeconds })
}

export function isReauthRequired(error: unknown): error is ProxyError {
  return isOfCode(error, 'account_reauth_required')
}

/** True for a fault of the account that the caller has to hear of, whether or not a token still lives. */
export function endsTheCall(error: unknown): error is ProxyError {
  return isReauthRequired(error) || isOfCode(error, 'record_not_found')
}

/** True for a fault that does not go away by asking the vendor again. */
export function isOwnFault(error: unknown): error is ProxyError {
  return endsTheCall(error) || isOfCode(error, 'account_config_invalid')
}

/** True for waiting in vain for another instance: nothing was asked of the vendor. */
export function isWait(error: unknown): error is ProxyError {
  return isOfCode(error, 'credential_refresh_failed')
}

/** Why a refresh failed, for operators and the account's owner: a code, or a text that was made to be shown. */
export function reasonOf(error: unknown): string {
  if (error instanceof ExchangeFailure || error instanceof ExchangeRefusal) return error.message
  if (error instanceof ProxyError) return error.code
  return error instanceof Error ? error.name : 'unknown'
}

function isOfCode(error: unknown, code: ProxyError['code']): error is ProxyError {
  return error instanceof ProxyError && error.code === code
}
