import { closeSync, openSync } from 'node:fs'
import { SealError, type Sealer } from '@proxy/core'
import { readLines } from './read-lines.js'

/**
 * How many lines of a storage file each key sealed, by hex id; without opening any of them, and while a server has the
 * file open. Empty for a file in plain. Throws when the file cannot be read.
 */
export function countFileKeys(path: string, sealer: Pick<Sealer, 'keyIdOf'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const descriptor = openSync(path, 'r')
  try {
    let isHeader = true
    for (const { text, complete } of readLines(descriptor)) {
      const id = isHeader || !complete ? undefined : keyIdOf(text, sealer)
      isHeader = false
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  } finally {
    closeSync(descriptor)
  }
  return counts
}

function keyIdOf(line: string, sealer: Pick<Sealer, 'keyIdOf'>): string | undefined {
  try {
    return sealer.keyIdOf(line)
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}
