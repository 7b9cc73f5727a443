import type { Caller } from './authenticator.js'

/** A rate window that a caller made for itself and names with a token. */
export interface CustomLimits {
  /** Undefined when the token is unknown or belongs to another project. */
  resolve(token: string, caller: Caller): Promise<CustomLimit | undefined>
}

export interface CustomLimit {
  /** Unique for the window. */
  readonly id: string
  readonly requests: number
  readonly windowMs: number
}
