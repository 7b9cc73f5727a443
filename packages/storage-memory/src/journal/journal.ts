import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Sealer } from '@proxy/core'
import type { Change } from '../state.js'
import { lockFile } from './file-lock.js'
import { diskFiles, type JournalFiles } from './journal-files.js'
import { draftPath, newHeader, openFile } from './open-file.js'

/** Changes in one line at most, so that no line grows without bound. */
export const changesInLine = 256

/** A file of changes that grows at its end and is rewritten when most of it is outdated. Calls do not overlap. */
export interface Journal {
  /** Changes in the file, outdated ones included. */
  readonly changeCount: number
  /** True when parts are sealed with an old key. */
  readonly isOutdated: boolean
  /** Bytes of a torn last line that were dropped when the file was opened. */
  readonly tornBytes: number
  /** Resolves when the changes are on the disk; when it rejects, none of them is kept. */
  append(changes: readonly Change[]): Promise<void>
  /** Begins the next file, beside which this one goes on. */
  startRewrite(): Promise<Rewrite>
  close(): Promise<void>
}

export interface Rewrite {
  append(changes: readonly Change[]): Promise<void>
  sync(): Promise<void>
  /** Puts the next file in the place of this one. */
  finish(): Promise<void>
  abort(): Promise<void>
}

export interface JournalOptions {
  readonly path: string
  /** Undefined keeps the file in plain. */
  readonly sealer: Sealer | undefined
  readonly files?: JournalFiles
}

/** Opens the file, hands what it holds to `apply`, and keeps other processes out until it is closed. */
export function openJournal(options: JournalOptions, apply: (change: Change) => void): Journal {
  const { sealer, files = diskFiles } = options
  const path = resolve(options.path)
  const lock = forStorage(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return lockFile(path)
  })
  const opened = attempt(() => forStorage(path, () => openFile(path, sealer, apply)))
  let { descriptor, codec, length, nextIndex, changeCount, isOutdated } = opened
  let { repeat } = opened
  /** The file may hold bytes behind `length`, which no line may follow. */
  let hasRest = opened.tornBytes > 0 || repeat !== undefined

  return {
    get changeCount() {
      return changeCount
    },
    get isOutdated() {
      return isOutdated
    },
    tornBytes: opened.tornBytes,
    async append(changes) {
      requireLock()
      if (hasRest) await cutRest()
      if (repeat !== undefined) {
        await writeLine(repeat)
        repeat = undefined
      }
      await writeLine(changes)
    },
    async startRewrite() {
      const next = await files.create(draftPath(path))
      const { line, codec: nextCodec } = newHeader(sealer)
      const header = Buffer.from(line)
      let nextLength = 0
      let index = 0
      let count = 0
      let isOpen = true
      const abort = async (): Promise<void> => {
        if (!isOpen) return
        isOpen = false
        await files.close(next)
        await files.remove(draftPath(path))
      }
      await files.write(next, header, 0).catch(async (error: unknown) => {
        await abort()
        throw error
      })
      nextLength = header.length
      return {
        async append(changes) {
          const bytes = Buffer.from(`${nextCodec.encode(changes, index)}\n`)
          await files.write(next, bytes, nextLength)
          nextLength += bytes.length
          index += 1
          count += changes.length
        },
        sync: () => files.sync(next),
        async finish() {
          requireLock()
          await files.sync(next)
          await files.rename(draftPath(path), path)
          isOpen = false
          const before = descriptor
          descriptor = next
          codec = nextCodec
          length = nextLength
          nextIndex = index
          changeCount = count
          isOutdated = false
          hasRest = false
          repeat = undefined
          await files.close(before)
        },
        abort,
      }
    },
    async close() {
      try {
        await files.close(descriptor)
      } finally {
        lock.release()
      }
    },
  }

  async function writeLine(changes: readonly Change[]): Promise<void> {
    const bytes = Buffer.from(`${codec.encode(changes, nextIndex)}\n`)
    try {
      await files.write(descriptor, bytes, length)
      await files.sync(descriptor)
    } catch (error) {
      hasRest = true
      await cutRest().catch(() => {})
      throw error
    }
    length += bytes.length
    nextIndex += 1
    changeCount += changes.length
  }

  async function cutRest(): Promise<void> {
    await files.truncate(descriptor, length)
    await files.sync(descriptor)
    hasRest = false
  }

  function requireLock(): void {
    if (!lock.isHeld) throw new Error(`Another process has taken over the storage file ${path}.`)
  }

  function attempt<T>(open: () => T): T {
    try {
      return open()
    } catch (error) {
      lock.release()
      throw error
    }
  }
}

/** What the file system refuses says which path, but not what that was for. */
function forStorage<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new Error(`The storage file ${path} cannot be opened (${error.message}).`, { cause: error })
  }
}
