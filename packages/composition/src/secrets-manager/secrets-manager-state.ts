import type { Clock, PartEvent, Storage } from '@proxy/core'
import type { SecretsManagerStorage } from '@proxy/storage-aws-secrets-manager'
import type { SecretsManagerConfig } from '../config/storage-schema.js'
import type { StateListener } from '../state-events.js'

export interface SecretsManagerParts {
  readonly clock: Clock
  readonly metadata: Storage
  readonly events: StateListener
}

/** Credentials kept in the memory of one process: each that is dropped costs a call of the service. */
const cacheEntries = 200_000
const dayMs = 86_400_000

/** Credentials in Secrets Manager, and everything else in `metadata`. The AWS SDK is loaded by who needs it alone. */
export async function openSecretsManager(
  config: SecretsManagerConfig,
  { clock, metadata, events }: SecretsManagerParts,
): Promise<SecretsManagerStorage> {
  const { secretsManagerClient, secretsManagerStorage } = await import('@proxy/storage-aws-secrets-manager')
  const { region, endpoint, kmsKeyId } = config
  const client = secretsManagerClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  })
  const storage = secretsManagerStorage({
    client,
    metadata,
    clock,
    namePattern: config.namePattern,
    tags: config.tags,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    recoveryWindowDays: config.recoveryWindow / dayMs,
    existing: config.existing,
    cache: { ttlMs: config.cacheFor, staleIfErrorMs: config.staleFor, maxEntries: cacheEntries },
    timeoutMs: config.timeout,
    onRefusal: (error) => events.onRefusal(error.message),
    onEvent: naming(config, events),
  })
  return {
    ...storage,
    async close() {
      await storage.close()
      client.destroy()
    },
  }
}

/** The reason names the setting that leads to what failed. */
function naming({ endpoint, region }: SecretsManagerConfig, { onPart }: StateListener): (event: PartEvent) => void {
  const setting = endpoint !== undefined ? 'storage.endpoint' : region !== undefined ? 'storage.region' : 'storage.kind'
  return (event) =>
    onPart(event.reason === undefined ? event : { ...event, reason: `${setting} cannot be used: ${event.reason}` })
}
