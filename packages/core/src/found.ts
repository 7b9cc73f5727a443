import type { Account } from './account.js'
import type { App } from './app.js'

/** The account that a call acts for, and its app. */
export interface Found {
  readonly account: Account
  readonly app: App
}
