import { type Config, type State, sealerOf } from '@proxy/composition'
import { oauthClientKind, oauthClientSealContext, SealError, type Sealer, type StoredDocument } from '@proxy/core'
import type { SharedParts } from '@proxy/storage-memory'
import type { Logger } from 'pino'

/** The secrets of OAuth clients, which are sealed whatever the storage does. */
export interface SealedClients {
  /** Clients by the hex id of the key that sealed their secrets; `unsealed` for those in plain. */
  readonly byKey: ReadonlyMap<string, readonly StoredDocument[]>
}

export const unsealed = 'unsealed'

export async function readSealedClients(storage: SharedParts['storage'], sealer: Sealer): Promise<SealedClients> {
  const byKey = new Map<string, StoredDocument[]>()
  for (const document of await storage.listDocuments(oauthClientKind, '')) {
    const secret = secretOf(document)
    if (secret === undefined) continue
    const key = keyIdOf(secret, sealer)
    byKey.set(key, [...(byKey.get(key) ?? []), document])
  }
  return { byKey }
}

/**
 * Seals the secrets of OAuth clients anew where another key than the first sealed them. Resolves to how many were. What
 * is changed by others meanwhile was sealed by them. Throws a `SealError` for what no key opens.
 */
export async function resealClients(storage: SharedParts['storage'], sealer: Sealer): Promise<number> {
  const { byKey } = await readSealedClients(storage, sealer)
  let count = 0
  for (const [key, documents] of byKey) {
    if (key === sealer.currentKeyId || key === unsealed) continue
    for (const { kind, id, value, version } of documents) {
      const context = contextOf(id)
      const secret = sealer.open(String(secretOf({ value })), context).toString()
      const sealedAgain = { ...(value as object), client_secret: sealer.seal(secret, context) }
      if ((await storage.writeDocument({ kind, id, value: sealedAgain }, version)) !== undefined) count += 1
    }
  }
  return count
}

/** After a start with a new first key, while calls are served: the file, and the secrets within it. */
export async function resealBehind(config: Config, { storage, compact }: State, logger: Logger): Promise<void> {
  if (compact === undefined) return
  const startedAt = performance.now()
  try {
    const clients = await resealClients(storage, sealerOf(config))
    await compact()
    const durationMs = Math.round(performance.now() - startedAt)
    logger.info({ oauth_clients: clients, duration_ms: durationMs }, 'sealed anew with the first key')
  } catch (err) {
    logger.error({ err }, 'the storage file could not be sealed anew')
  }
}

function secretOf({ value }: Pick<StoredDocument, 'value'>): string | undefined {
  const secret =
    typeof value === 'object' && value !== null && 'client_secret' in value ? value.client_secret : undefined
  return typeof secret === 'string' ? secret : undefined
}

function keyIdOf(secret: string, sealer: Sealer): string {
  try {
    return sealer.keyIdOf(secret)
  } catch (error) {
    if (error instanceof SealError) return unsealed
    throw error
  }
}

function contextOf(documentId: string): readonly string[] {
  const slash = documentId.indexOf('/')
  return oauthClientSealContext(documentId.slice(0, slash), documentId.slice(slash + 1))
}
