import type { Clock, Scope, Storage } from '@proxy/core'
import type { Service } from './service.js'

const kind = 'secrets-manager-deletion'
/** How long the one who began a deletion has it to itself. */
const patienceMs = 60_000

/** Deletes secrets of deleted accounts, also when the process ends between the two. */
export interface Deletions {
  /** Deletes the account by `deleteRow`, then its secret. */
  run(scope: Scope, id: string, secret: string, deleteRow: () => Promise<boolean>): Promise<boolean>
  /** Finishes what was begun by anybody and is not done. Never rejects. */
  finish(): Promise<void>
}

export interface DeletionsOptions {
  readonly metadata: Storage
  readonly service: Service
  readonly clock: Pick<Clock, 'now'>
  readonly recoveryWindowDays: number
}

export function createDeletions({ metadata, service, clock, recoveryWindowDays }: DeletionsOptions): Deletions {
  return {
    async run(scope, id, secret, deleteRow) {
      const { project, environment } = scope
      const value = { project, environment, id, begunAt: clock.now() }
      await metadata.writeDocument({ kind, id: secret, value }, undefined)
      if (!(await deleteRow())) return false
      await removeSecret(secret)
      return true
    },
    async finish() {
      try {
        for (const { id: secret, value } of await metadata.listDocuments(kind, '')) {
          const { project, environment, id, begunAt } = value as Scope & { id: string; begunAt: number }
          if (clock.now() < begunAt + patienceMs) continue
          const row = await metadata.readAccount({ project, environment }, id)
          if (row === undefined) await removeSecret(secret)
          else await metadata.deleteDocument(kind, secret)
        }
      } catch {
        // The next round tries again.
      }
    },
  }

  async function removeSecret(secret: string): Promise<void> {
    try {
      await service.remove(secret, recoveryWindowDays)
      await metadata.deleteDocument(kind, secret)
    } catch {
      // The account is gone. The document tells the next round of what is left.
    }
  }
}
