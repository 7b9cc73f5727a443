import type { AppRegistry, Clock, Scope, Storage } from '@proxy/core'
import type { Integrations } from '../integrations/integrations.js'
import { connectionIdPattern, connectionIdText } from '../names.js'
import { createIntegrationMover } from './move-integration.js'
import { HostError, type NangoHost, type SourceRow } from './nango-host.js'
import { storeConnection } from './store-connection.js'
import { toAccount } from './to-account.js'

export interface MoveOptions {
  readonly host: NangoHost
  /** Where the connections go. */
  readonly scope: Scope
  readonly storage: Storage
  readonly apps: AppRegistry
  /** Undefined where no secret of a client may be stored. */
  readonly integrations: Integrations
  /** Whether the secrets of OAuth clients can be kept. */
  readonly keepsClients: boolean
  readonly clock: Pick<Clock, 'now'>
  /** Apps for integrations whose provider has another name here. */
  readonly appOf?: ReadonlyMap<string, string>
  /** The integrations to move; all of them by default. */
  readonly only?: ReadonlySet<string>
  /** Looks at everything, and stores nothing. */
  readonly isDryRun?: boolean
  /** Reads connections again that are here, and overwrites them where they differ. */
  readonly replaces?: boolean
}

/** What became of one connection. */
export interface Moved {
  /** `integration/connection`. */
  readonly name: string
  readonly outcome: 'created' | 'replaced' | 'unchanged' | 'there' | 'refused'
  /** Why it was refused; none holds a value. */
  readonly reasons: readonly string[]
}

export interface Move {
  /** One after the other as they are done. Throws a `HostError` when the host can be read no further. */
  connections(): AsyncGenerator<Moved, void, undefined>
  /** What works differently here, or will not work for long; each once. */
  notes(): readonly string[]
}

const atOnce = 8

/**
 * Takes connections over from a host that speaks Nango's wire form, with their tokens, so that nobody has to consent
 * again. What is here already is left alone and not even asked for, so that a move that was broken off can be run again.
 */
export function moveConnections(options: MoveOptions): Move {
  const notes = new Set<string>()
  const integrations = createIntegrationMover(options, (note) => void notes.add(note))

  async function move(row: SourceRow): Promise<Moved> {
    const { connection_id: id, provider_config_key: key } = row
    const name = `${key}/${id}`
    const refused = (...reasons: string[]): Moved => ({ name, outcome: 'refused', reasons })
    if (!connectionIdPattern.test(id)) return refused(`connection_id: ${connectionIdText}`)
    try {
      const found = await integrations.find(row)
      if ('reason' in found) return refused(found.reason)
      const externalId = found.prefix + id
      const before = await options.storage.readAccountByExternalId(options.scope, found.app.slug, externalId)
      if (before !== undefined && options.replaces !== true) return { name, outcome: 'there', reasons: [] }
      const connection = await options.host.connection(row)
      const { account, faults, unused } = toAccount(row, connection, found, options.scope, options.clock.now())
      for (const member of unused) notes.add(`${key}: credentials.${member} has no use here and is left out`)
      if (account === undefined) return refused(...faults)
      if (options.isDryRun === true)
        return { name, outcome: before === undefined ? 'created' : 'replaced', reasons: [] }
      return { name, outcome: await storeConnection(options.storage, account), reasons: [] }
    } catch (error) {
      if (!(error instanceof HostError) || error.isFinal) throw error
      return refused(error.message)
    }
  }

  /** What was done is told before a failure is, and nothing is under way when it is. */
  async function* moveAll(rows: readonly SourceRow[]): AsyncGenerator<Moved, void, undefined> {
    const results = await Promise.allSettled(rows.map(move))
    for (const result of results) if (result.status === 'fulfilled') yield result.value
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  return {
    async *connections() {
      let batch: SourceRow[] = []
      for await (const row of options.host.rows()) {
        if (options.only !== undefined && !options.only.has(row.provider_config_key)) continue
        batch.push(row)
        if (batch.length < atOnce) continue
        yield* moveAll(batch)
        batch = []
      }
      yield* moveAll(batch)
    },
    notes: () => [...notes].sort(),
  }
}
