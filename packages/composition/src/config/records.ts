import type { RecordsConfig, StorageConfig } from './storage-schema.js'

interface WithStorage {
  readonly storage: StorageConfig
}

/** Where everything but the credentials is; as a rule they are there, too. */
export function recordsOf({ storage }: WithStorage): RecordsConfig {
  return storage.kind === 'aws-secrets-manager' ? storage.records : storage
}

/** The section that says so. */
export function recordsSection({ storage }: WithStorage): 'storage' | 'storage.records' {
  return storage.kind === 'aws-secrets-manager' ? 'storage.records' : 'storage'
}

/** The file that keeps the records; undefined when none does. */
export function storageFile(config: WithStorage): string | undefined {
  const records = recordsOf(config)
  return records.kind === 'memory' ? records.file : undefined
}
