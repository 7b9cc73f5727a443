import type { ChangedRecord } from '@proxy/core'
import { externalField } from './accounts/account-rows.js'
import type { Keys } from './keys.js'

/** Names of what was read, and has not changed since: whoever reads it again probably remembers it. */
export interface Remembered {
  has(name: string): boolean
  add(name: string): void
  /** What has changed is remembered by nobody. */
  hear(changed: ChangedRecord): void
}

const generationSize = 20_000

export function createRemembered(keys: Keys): Remembered {
  let young = new Set<string>()
  let old = new Set<string>()

  function forget(name: string): void {
    young.delete(name)
    old.delete(name)
  }

  return {
    has: (name) => young.has(name) || old.has(name),
    add(name) {
      if (young.has(name)) return
      if (young.size >= generationSize) {
        old = young
        young = new Set()
      }
      young.add(name)
    },
    hear(changed) {
      switch (changed.type) {
        case 'account': {
          const names = keys.accounts(changed.scope)
          forget(names.account(changed.id))
          if (changed.names !== undefined) {
            forget(externalName(names.externals, changed.names.app, changed.names.externalId))
          }
          break
        }
        case 'document':
          forget(keys.documents(changed.kind).document(changed.id))
          break
        case 'all':
          young = new Set()
          old = new Set()
          break
        case 'doubt':
          break
      }
    },
  }
}

/** An external id has no key of its own. */
export function externalName(externals: string, app: string, externalId: string): string {
  return `${externals} ${externalField(app, externalId)}`
}
