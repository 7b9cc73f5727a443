import { ConfigError } from '../config/fault.js'
import type { Config } from '../config.js'

export interface OpeningOptions {
  /** Told when KMS is away, in place of giving up: it is asked again after so many milliseconds. */
  readonly onRetry?: (reason: string, afterMs: number) => void
}

const firstPauseMs = 1_000
const longestPauseMs = 15_000

/**
 * The configuration with the data keys that KMS opens, once for the life of the process. Without `encryption.kms` it is
 * the same. Throws a `ConfigError` that names the key that does not open, and why.
 */
export async function withOpenedKeys(config: Config, { onRetry }: OpeningOptions = {}): Promise<Config> {
  const { kms } = config.encryption ?? {}
  if (kms === undefined) return config
  if (kms.dataKeys.length === 0) throw new ConfigError(`encryption.kms.dataKeys is empty: ${advice}.`)
  const { dataKeys, KmsFault, close } = await openKms(kms)
  const openedKeys: string[] = []
  try {
    for (const [index, wrapped] of kms.dataKeys.entries()) {
      for (let pauseMs = firstPauseMs; openedKeys.length <= index; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
        try {
          const key = await dataKeys.open(wrapped)
          openedKeys.push(key.toString('base64'))
          key.fill(0)
        } catch (error) {
          if (!(error instanceof KmsFault)) throw error
          const reason = `encryption.kms.dataKeys[${index}] cannot be opened: ${error.message}`
          if (!error.isAway || onRetry === undefined) throw new ConfigError(`${reason}.`)
          onRetry(reason, pauseMs)
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
        }
      }
    }
  } finally {
    close()
  }
  return { ...config, openedKeys }
}

const advice = '"api-proxy keys data-key" makes one'

/** A new data key for the configuration, wrapped. Throws a `ConfigError`. */
export async function createDataKey({ encryption }: Config): Promise<string> {
  const { kms } = encryption ?? {}
  if (kms === undefined) throw new ConfigError('encryption.kms is not set: it names the KMS key that wraps data keys.')
  const { dataKeys, KmsFault, close } = await openKms(kms)
  try {
    return await dataKeys.create()
  } catch (error) {
    if (!(error instanceof KmsFault)) throw error
    throw new ConfigError(`encryption.kms.keyId cannot be used: ${error.message}.`)
  } finally {
    close()
  }
}

type KmsConfig = NonNullable<NonNullable<Config['encryption']>['kms']>

/** The AWS SDK is loaded by who needs it alone. */
async function openKms({ keyId, context, region, endpoint }: KmsConfig) {
  const { kmsClient, kmsDataKeys, KmsFault } = await import('@proxy/sealing-aws-kms')
  const client = kmsClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  })
  return { dataKeys: kmsDataKeys({ client, keyId, context }), KmsFault, close: () => client.destroy() }
}
