import { close, closeSync, fdatasync, fsyncSync, ftruncate, open, openSync, rename, rm, write } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/** What a journal does to the disk after it was opened. */
export interface JournalFiles {
  /** Writes all bytes at `position`. */
  write(descriptor: number, bytes: Buffer, position: number): Promise<void>
  /** Resolves when the content is on the disk. */
  sync(descriptor: number): Promise<void>
  truncate(descriptor: number, length: number): Promise<void>
  /** A new empty file with mode 0600, in place of one that is there. */
  create(path: string): Promise<number>
  close(descriptor: number): Promise<void>
  /** Durable once resolved. */
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

const writeSome = promisify(write)
const renamePath = promisify(rename)
const removePath = promisify(rm)
const openPath = promisify(open)

export const diskFiles: JournalFiles = {
  async write(descriptor, bytes, position) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await writeSome(descriptor, bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  },
  sync: promisify(fdatasync),
  truncate: promisify(ftruncate),
  async create(path) {
    await removePath(path, { force: true })
    return await openPath(path, 'wx+', 0o600)
  },
  close: promisify(close),
  async rename(from, to) {
    await renamePath(from, to)
    syncDirectory(to)
  },
  remove: (path) => removePath(path, { force: true }),
}

/** Makes a rename in the directory of `path` durable, where the system can. */
export function syncDirectory(path: string): void {
  let directory: number | undefined
  try {
    directory = openSync(dirname(path), 'r')
    fsyncSync(directory)
  } catch {
    // Some systems do not sync directories.
  } finally {
    if (directory !== undefined) closeSync(directory)
  }
}
