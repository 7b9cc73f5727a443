import { type Config, storageFile } from '@proxy/composition'
import type { SealedAccounts, Sealer } from '@proxy/core'
import { countFileKeys } from '@proxy/storage-memory'
import { readSealedClients, unsealed } from '../../reseal.js'
import { scopesOf } from '../accounts/each-account.js'
import type { CommandState } from '../command-state.js'

/** How much each key has sealed: by the hex id of the key, or `unsealed`. */
export interface KeyUsage {
  /** What the figures in `stored` count: a line of the file holds up to 256 changes. */
  readonly unit: 'lines' | 'accounts'
  readonly stored: ReadonlyMap<string, number>
  readonly oauthClients: ReadonlyMap<string, number>
}

const rowsOfPage = 500

export async function readKeyUsage(state: CommandState, sealer: Sealer): Promise<KeyUsage> {
  const { config, storage, sealed } = state
  const { byKey } = await readSealedClients(storage, sealer)
  const oauthClients = new Map([...byKey].map(([key, documents]) => [key, documents.length]))
  if (sealed !== undefined) return { unit: 'accounts', stored: await countAccounts(config, sealed), oauthClients }
  const file = storageFile(config)
  return { unit: 'lines', stored: file === undefined ? new Map() : countFileKeys(file, sealer), oauthClients }
}

async function countAccounts(config: Config, sealed: SealedAccounts): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const { keyId = unsealed } of eachSealedAccount(config, sealed)) {
    counts.set(keyId, (counts.get(keyId) ?? 0) + 1)
  }
  return counts
}

/** Every account of the configured projects, with the key that sealed it. */
export async function* eachSealedAccount(config: Config, sealed: SealedAccounts) {
  for (const scope of scopesOf(config, {})) {
    let after: string | undefined
    do {
      const rows = await sealed.listSealedAccounts(scope, rowsOfPage, after)
      for (const row of rows) yield { ...row, scope }
      after = rows.length === rowsOfPage ? rows.at(-1)?.id : undefined
    } while (after !== undefined)
  }
}
