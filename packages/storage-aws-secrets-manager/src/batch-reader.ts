import type { SecretVersion, Service } from './service.js'

const batchSize = 20

/** Reads single versions, those that are asked for at one moment together. */
export type ReadVersion = (secret: string, version: string | undefined) => Promise<SecretVersion | undefined>

interface Wanted {
  readonly secret: string
  readonly version: string | undefined
  resolve(found: Promise<SecretVersion | undefined> | SecretVersion | undefined): void
  reject(error: unknown): void
}

/** A batch holds current versions only: one that is not current, or cannot be read among others, is read alone. */
export function batchReader(service: Service): ReadVersion {
  let waiting: Wanted[] = []

  return (secret, version) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ secret, version, resolve, reject })
    })

  function flush(): void {
    const all = waiting
    waiting = []
    for (let at = 0; at < all.length; at += batchSize) void readTogether(all.slice(at, at + batchSize))
  }

  async function readTogether(batch: readonly Wanted[]): Promise<void> {
    try {
      const names = [...new Set(batch.map(({ secret }) => secret))]
      const found = names.length > 1 ? await service.readMany(names) : new Map<string, SecretVersion>()
      for (const { secret, version, resolve } of batch) {
        const current = found.get(secret)
        const fits = current !== undefined && (version === undefined || version === current.version)
        resolve(fits ? current : service.read(secret, version))
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
