import type { Clock, DocumentStore, Sealer } from '@proxy/core'
import type { TokenFetch } from './transport-fetch.js'

/** What an exchange of any kind works with. */
export interface ExchangeParts {
  readonly fetch: TokenFetch
  readonly clock: Pick<Clock, 'now'>
  /** Holds the OAuth clients that projects brought along. */
  readonly documents: Pick<DocumentStore, 'readDocument'>
  /** Opens their secrets; undefined when they are stored in plain. */
  readonly sealer: Sealer | undefined
}
