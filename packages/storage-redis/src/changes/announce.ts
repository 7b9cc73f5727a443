import type { ChangedRecord } from '@proxy/core'

/**
 * Lua that counts a change in the log and tells of it. Whoever misses the message sees by the count that one is missing;
 * an epoch of another name says that the log was lost and begun anew. A user who may not publish loses the messages alone.
 */
export const announceFunction = `
local function announce(log, epoch, channel, change)
  redis.call('HSETNX', log, 'epoch', epoch)
  local count = redis.call('HINCRBY', log, 'count', 1)
  redis.pcall('PUBLISH', channel, redis.call('HGET', log, 'epoch') .. ' ' .. count .. ' ' .. change)
end
`

/** A change under the tag of the log that counts it. */
export interface Announced {
  readonly tag: string
  readonly epoch: string
  readonly count: number
  readonly change: ChangedRecord
}

export function changeText(tag: string, change: ChangedRecord): string {
  return JSON.stringify({ tag, change })
}

/** The parts of a message; undefined when it is not one of ours. */
export function readAnnounced(message: string): Announced | undefined {
  const [, epoch, count, text = ''] = /^(\S+) (\d+) (\{.+\})$/s.exec(message) ?? []
  if (epoch === undefined) return undefined
  try {
    const { tag, change }: { tag?: unknown; change?: unknown } = JSON.parse(text)
    return typeof tag === 'string' && isChange(change) ? { tag, epoch, count: Number(count), change } : undefined
  } catch {
    return undefined
  }
}

function isChange(value: unknown): value is ChangedRecord {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  const isText = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === 'string'
  if (value.type === 'document') return isText('kind') && isText('id')
  return value.type === 'account' && isText('id') && 'scope' in value && typeof value.scope === 'object'
}
