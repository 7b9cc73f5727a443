import { ProxyError } from '@proxy/core'

/** Why a page cannot do what it is for. The message is shown to the end user. */
export class ConnectFault extends Error {
  override readonly name = 'ConnectFault'
  /** Handed to the page that embeds us, to `error_redirect_uri` and to the webhook. */
  readonly code: ConnectFaultCode
  readonly status: number

  constructor(code: ConnectFaultCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = statuses[code]
  }
}

const statuses = {
  /** Unknown, expired, used or revoked. */
  invalid_token: 401,
  /** The link does not allow it: another app, no right to connect, a foreign page. */
  not_allowed: 403,
  not_found: 404,
  invalid_request: 400,
  /** The state of an authorization is unknown, used, too old, or of another browser. */
  invalid_state: 400,
  access_denied: 400,
  /** The vendor refused, or answered nonsense. */
  authorization_failed: 502,
  /** The operator has something to set right. */
  not_configured: 422,
  unavailable: 503,
} as const satisfies Record<string, number>

export type ConnectFaultCode = keyof typeof statuses

export function invalidLink(): ConnectFault {
  return new ConnectFault('invalid_token', 'This link has expired or was used before. Ask for a new one.')
}

/** Any thrown value as a fault; throws on what is a bug, so that the operator sees it. */
export function toConnectFault(error: unknown): ConnectFault {
  if (error instanceof ConnectFault) return error
  if (!(error instanceof ProxyError) || error.code === 'internal_error') throw error
  const options = { cause: error }
  if (error.status === 503) {
    return new ConnectFault('unavailable', 'This cannot be done at the moment. Try again soon.', options)
  }
  if (error.code === 'account_config_invalid') return new ConnectFault('not_configured', error.message, options)
  return new ConnectFault(error.status === 404 ? 'not_found' : 'invalid_request', error.message, options)
}
