export type { Account, CredentialValues, Environment, Scope } from './account.js'
export { freezeAccount } from './freeze-account.js'
export { limitKey } from './keys.js'
export { ownJson } from './own-json.js'
export type { Clock, Timer } from './ports/clock.js'
export type { Lease, LeaseStore } from './ports/lease.js'
export type { Bucket, Decision, RateLimiter } from './ports/rate-limiter.js'
export type {
  AccountDirectory,
  AccountQuery,
  AccountReader,
  AccountWriter,
  DocumentStore,
  DocumentWrite,
  Page,
  Storage,
  StoredDocument,
  UserQuery,
} from './ports/storage.js'
export { Secret } from './secret.js'
export { systemClock } from './system-clock.js'
