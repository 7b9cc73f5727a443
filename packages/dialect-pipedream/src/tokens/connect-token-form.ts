const prefix = 'ctok_'
const form = /^ctok_[0-9a-f]{32}$/

/** True when a bearer value means to be a connect token, whether it is one or not. */
export function isConnectToken(bearer: string | undefined): boolean {
  return bearer?.startsWith(prefix) === true
}

/** True for `ctok_` and 32 hex digits. */
export function isWellFormedConnectToken(text: string): boolean {
  return form.test(text)
}
