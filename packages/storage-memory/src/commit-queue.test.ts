import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type CommitQueue, commitQueue } from './commit-queue.js'
import { decideWriteDocument } from './decide.js'
import { openJournal } from './journal/journal.js'
import { diskFiles, type JournalFiles } from './journal/journal-files.js'
import { createState, type State } from './state.js'

const folder = mkdtempSync(join(tmpdir(), 'queue-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Opened {
  readonly queue: CommitQueue
  readonly state: State
  write(id: string, expectedVersion?: number): Promise<unknown>
}

let fileCount = 0

function newPath(): string {
  fileCount += 1
  return join(folder, `${fileCount}.db`)
}

function open(path: string, files: JournalFiles = diskFiles): Opened {
  const state = createState(Date.now)
  const queue = commitQueue(openJournal({ path, sealer: undefined, files }, state.apply), state, () => {})
  return {
    queue,
    state,
    write: (id, expectedVersion) =>
      queue.submit([id], () => decideWriteDocument(state, { kind: 'k', id, value: 1 }, expectedVersion)),
  }
}

/** The real disk, out of order while `broken` names what fails. */
function failingFiles(): JournalFiles & { readonly broken: Set<'write' | 'sync' | 'truncate' | 'rename'> } {
  const broken = new Set<'write' | 'sync' | 'truncate' | 'rename'>()
  const fail = (what: string): never => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${what}`), { code: 'ENOSPC' })
  }
  return {
    ...diskFiles,
    broken,
    async write(descriptor, bytes, position) {
      if (!broken.has('write')) return await diskFiles.write(descriptor, bytes, position)
      await diskFiles.write(descriptor, bytes.subarray(0, bytes.length / 2), position)
      fail('write')
    },
    sync: async (descriptor) => (broken.has('sync') ? fail('fdatasync') : await diskFiles.sync(descriptor)),
    truncate: async (descriptor, length) =>
      broken.has('truncate') ? fail('ftruncate') : await diskFiles.truncate(descriptor, length),
    rename: async (from, to) => (broken.has('rename') ? fail('rename') : await diskFiles.rename(from, to)),
  }
}

function idsOf({ state }: Opened): readonly string[] {
  return state.documents.list('k', '').map((document) => document.id)
}

describe('while the disk fails', () => {
  it.each([
    ['at writing', ['write']],
    ['at syncing', ['sync']],
    ['at writing and at cutting off what was written', ['write', 'truncate']],
    ['altogether', ['write', 'sync', 'truncate']],
  ] as const)('%s, a write is refused and leaves no trace, then or after a restart', async (_, broken) => {
    const path = newPath()
    const files = failingFiles()
    const opened = open(path, files)
    await opened.write('before')
    for (const what of broken) files.broken.add(what)
    await expect(opened.write('refused')).rejects.toMatchObject({
      code: 'credential_store_unavailable',
      cause: { code: 'ENOSPC' },
    })
    if (!files.broken.has('truncate')) {
      const copy = newPath()
      copyFileSync(path, copy)
      const afterCrash = open(copy)
      expect(idsOf(afterCrash)).toEqual(['before'])
      await afterCrash.queue.close()
    }
    expect(await opened.write('before', 7)).toBeUndefined()
    await expect(opened.queue.check()).rejects.toMatchObject({ code: 'credential_store_unavailable' })
    expect(idsOf(opened)).toEqual(['before'])
    files.broken.clear()
    await expect(opened.queue.check()).resolves.toBeUndefined()
    await opened.write('after')
    await opened.queue.close()
    const again = open(path)
    expect(idsOf(again)).toEqual(['after', 'before'])
    await again.queue.close()
  })

  it.each(['write', 'sync', 'rename'] as const)('at %s, a rewrite is given up and the file goes on', async (what) => {
    const path = newPath()
    const files = failingFiles()
    const opened = open(path, files)
    await opened.write('before')
    files.broken.add(what)
    await expect(opened.queue.compact()).rejects.toMatchObject({ code: 'credential_store_unavailable' })
    files.broken.clear()
    await opened.write('after')
    await opened.queue.compact()
    await opened.queue.close()
    const again = open(path)
    expect(idsOf(again)).toEqual(['after', 'before'])
    await again.queue.close()
  })
})

describe('writes that come together', () => {
  it('share a sync, but for those that must see the outcome of one another', async () => {
    let syncs = 0
    const opened = open(newPath(), {
      ...diskFiles,
      async sync(descriptor) {
        syncs += 1
        await diskFiles.sync(descriptor)
      },
    })
    await Promise.all(Array.from({ length: 100 }, (_, nth) => opened.write(`${nth}`, 0)))
    expect(syncs).toBe(1)
    const answers = await Promise.all(Array.from({ length: 5 }, () => opened.write('same', undefined)))
    expect(answers).toMatchObject([1, 2, 3, 4, 5].map((version) => ({ version })))
    expect(syncs).toBe(6)
    await opened.queue.close()
  })

  it('of the same version are taken once', async () => {
    const opened = open(newPath())
    const answers = await Promise.all(Array.from({ length: 10 }, () => opened.write('same', 0)))
    expect(answers.map((answer) => answer !== undefined)).toEqual([true, ...Array.from({ length: 9 }, () => false)])
    await opened.queue.close()
  })
})
