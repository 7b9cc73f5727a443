import type { ChangedRecord } from '@proxy/core'
import { externalField } from './accounts/account-rows.js'
import type { Keys } from './keys.js'

/** Names of what was read, and has not changed since: whoever reads it again probably remembers it. */
export interface Remembered {
  has(name: string): boolean
  /** A read of `name` begins; the token is for its end. */
  begin(name: string): ReadToken
  /** The read has ended. Its name is added unless it failed, or there was a change in between: then nobody kept it. */
  end(name: string, token: ReadToken, isRead: boolean): void
  /** What has changed is remembered by nobody. */
  hear(changed: ChangedRecord): void
}

/** One read under way. */
export type ReadToken = symbol

const generationSize = 20_000

export function createRemembered(keys: Keys): Remembered {
  let young = new Set<string>()
  let old = new Set<string>()
  /** The last read that is under way, by name, and has seen no change. */
  const reading = new Map<string, ReadToken>()

  function add(name: string): void {
    if (young.has(name)) return
    if (young.size >= generationSize) {
      old = young
      young = new Set()
    }
    young.add(name)
  }

  function forget(name: string): void {
    reading.delete(name)
    young.delete(name)
    old.delete(name)
  }

  return {
    has: (name) => young.has(name) || old.has(name),
    begin(name) {
      const token = Symbol()
      reading.set(name, token)
      return token
    },
    end(name, token, isRead) {
      if (reading.get(name) !== token) return
      reading.delete(name)
      if (isRead) add(name)
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
          reading.clear()
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
