import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { manualClock, sampleAccount, testStorage } from '@proxy/conformance'
import { createKeyRing, createSealer } from '@proxy/core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type MemoryStorage, type MemoryStorageOptions, memoryStorage } from './memory-storage.js'

const folder = mkdtempSync(join(tmpdir(), 'storage-'))
const key = randomBytes(32).toString('base64')
const sealer = createSealer(createKeyRing([key]))
const scope = { project: 'proj_sample', environment: 'development' } as const
const opened = new Set<MemoryStorage>()
let fileCount = 0

function newPath(): string {
  fileCount += 1
  return join(folder, 'data', `${fileCount}.db`)
}

function open(file: string, options: MemoryStorageOptions = { sealer }): MemoryStorage {
  const storage = memoryStorage({ file, ...options })
  opened.add(storage)
  return storage
}

/** A closed file with accounts `apn_0`, `apn_1`, … one a line. */
async function fileWith(count: number, options?: MemoryStorageOptions): Promise<string> {
  const path = newPath()
  const storage = open(path, options)
  for (let nth = 0; nth < count; nth += 1) await storage.writeAccount(sampleAccount({ id: `apn_${nth}` }), 0)
  await storage.close()
  return path
}

function idsIn(storage: MemoryStorage): readonly string[] {
  return Array.from({ length: 20 }, (_, nth) => `apn_${nth}`).filter((id) => storage.readAccount(scope, id))
}

afterEach(async () => {
  for (const storage of opened) await storage.close()
  opened.clear()
})
afterAll(() => rmSync(folder, { recursive: true }))

for (const [name, options] of [
  ['sealed', { sealer }],
  ['plain', { plaintext: true }],
] as const) {
  testStorage(`memoryStorage with a ${name} file`, () => {
    const clock = manualClock()
    const storage = memoryStorage({ file: newPath(), clock, ...options })
    return { storage, now: clock.now, passTime: clock.advance }
  })

  describe(`a ${name} file`, () => {
    it('brings back everything that was acknowledged, over several restarts', async () => {
      const path = newPath()
      const clock = manualClock()
      const first = open(path, { ...options, clock })
      const account = await first.writeAccount(
        sampleAccount({
          name: 'tab\tline\n',
          metadata: { a: [1, { b: '\t' }] },
          values: { credentials: { t: '\t\n' } },
        }),
        0,
      )
      await first.writeAccount(sampleAccount({ id: 'apn_gone' }), 0)
      await first.deleteAccount(scope, 'apn_gone')
      await first.writeDocument({ kind: 'k', id: 'a', value: { x: 1 }, expiresAt: clock.now() + 1_000 }, undefined)
      await first.writeDocument({ kind: 'k', id: 'b', value: null }, 0)
      await first.writeDocument({ kind: 'k', id: 'c', value: 1 }, 0)
      await first.deleteDocument('k', 'c')
      await first.close()
      for (let restart = 0; restart < 3; restart += 1) {
        const storage = open(path, { ...options, clock })
        if (restart === 1) await storage.compact()
        expect(storage.readAccount(scope, 'apn_sample1')).toEqual({ ...account, values: expect.anything() })
        expect(storage.readAccount(scope, 'apn_sample1')?.values.reveal()).toEqual(account?.values.reveal())
        expect(storage.readAccount(scope, 'apn_gone')).toBeUndefined()
        expect(await storage.writeAccount(sampleAccount({ id: 'apn_gone' }), 0)).toBeUndefined()
        expect(await storage.listDocuments('k', '')).toMatchObject([
          { id: 'a', value: { x: 1 }, version: 1, expiresAt: clock.now() + 1_000 },
          { id: 'b', value: null, version: 1, expiresAt: undefined },
        ])
        await storage.close()
      }
      clock.advance(1_000)
      expect(await open(path, { ...options, clock }).readDocument('k', 'a')).toBeUndefined()
    })

    it('drops a last write that was cut short, at whatever byte, and goes on from there', async () => {
      const whole = readFileSync(await fileWith(3, options))
      const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1
      for (let length = lastLine; length < whole.length - 1; length += 7) {
        const path = newPath()
        writeFileSync(path, whole.subarray(0, length))
        const storage = open(path, options)
        expect(idsIn(storage)).toEqual(['apn_0', 'apn_1'])
        expect(storage.tornBytes).toBe(length - lastLine)
        expect(await storage.writeAccount(sampleAccount({ id: 'apn_9' }), 0)).toBeDefined()
        await storage.close()
        expect(idsIn(open(path, options))).toEqual(['apn_0', 'apn_1', 'apn_9'])
      }
    })

    it('keeps a last write that misses its line feed alone', async () => {
      const path = await fileWith(3, options)
      truncateSync(path, statSync(path).size - 1)
      const storage = open(path, options)
      expect(idsIn(storage)).toEqual(['apn_0', 'apn_1', 'apn_2'])
      await storage.writeAccount(sampleAccount({ id: 'apn_3' }), 0)
      await storage.close()
      expect(idsIn(open(path, options))).toEqual(['apn_0', 'apn_1', 'apn_2', 'apn_3'])
    })

    it('drops a tail of zeros, as a power cut may leave it', async () => {
      const path = await fileWith(2, options)
      writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(4_096)]))
      expect(idsIn(open(path, options))).toEqual(['apn_0', 'apn_1'])
    })

    it('is refused, named with the place, when anything in it was changed', async () => {
      const path = await fileWith(3, options)
      const whole = readFileSync(path)
      const lines = whole.toString().split('\n')
      const firstLine = whole.indexOf('\n') + 1
      const secondLine = whole.indexOf('\n', firstLine) + 1
      const damaged: readonly [string, Buffer, number][] = [
        ['a byte of the first line', flip(whole, firstLine + 30), firstLine],
        ['a byte of the last line', flip(whole, whole.length - 30), whole.lastIndexOf('\n', whole.length - 2) + 1],
        ['a line feed', flip(whole, secondLine - 1), firstLine],
        ['lines swapped', Buffer.from([lines[0], lines[2], lines[1], lines[3], ''].join('\n')), firstLine],
        ['a line lost', Buffer.from([lines[0], lines[2], lines[3], ''].join('\n')), firstLine],
        ['a line twice', Buffer.from([lines[0], lines[1], lines[1], lines[2], ''].join('\n')), secondLine],
        ['bytes cut out', Buffer.concat([whole.subarray(0, 200), whole.subarray(210)]), firstLine],
      ]
      for (const [what, bytes, offset] of damaged) {
        writeFileSync(path, bytes)
        expect(() => open(path, options), what).toThrow(`The storage file ${path} is damaged at byte ${offset} `)
        expect(readFileSync(path)).toEqual(bytes)
      }
      writeFileSync(path, whole)
      expect(idsIn(open(path, options))).toEqual(['apn_0', 'apn_1', 'apn_2'])
    })

    it('is named when the file system refuses it', async () => {
      const path = await fileWith(1, options)
      const refused: readonly [string, string, string][] = [
        ['a folder in its place', dirname(path), 'EISDIR'],
        ['a file in place of its folder', join(path, 'data.db'), 'EEXIST'],
      ]
      for (const [what, file, code] of refused) {
        expect(() => open(file, options), what).toThrow(`The storage file ${file} cannot be opened (${code}: `)
      }
      expect(idsIn(open(path, options))).toEqual(['apn_0'])
    })

    it('has mode 0600 in a folder of mode 0700, also after it was rewritten or lent out', async () => {
      const path = join(folder, `own-${name}`, 'data.db')
      const storage = open(path, options)
      expect([modeOf(join(folder, `own-${name}`)), modeOf(path), modeOf(`${path}.lock`)]).toEqual([0o700, 0o600, 0o600])
      await storage.compact()
      expect(modeOf(path)).toBe(0o600)
      await storage.close()
      chmodSync(path, 0o644)
      open(path, options)
      expect(modeOf(path)).toBe(0o600)
    })

    it('is rewritten while writers go on, and loses nothing', async () => {
      const path = newPath()
      let nth = 0
      for (let round = 0; round < 8; round += 1) {
        const storage = open(path, options)
        for (let spare = 0; spare < 300; spare += 1) {
          void storage.writeDocument({ kind: 'k', id: 'spare', value: spare }, undefined)
        }
        const before = await storage.writeDocument({ kind: 'k', id: 'spare', value: 'x' }, undefined)
        let isCompacting = true
        const compacting = storage.compact().finally(() => {
          isCompacting = false
        })
        for (; isCompacting; nth += 1) {
          await storage.writeAccount(sampleAccount({ id: `apn_${nth}`, externalId: `e${nth % 2}` }), 0)
          if (nth > 1) await storage.deleteAccount(scope, `apn_${nth - 2}`)
          await storage.writeDocument({ kind: 'k', id: `${nth}`, value: nth }, 0)
        }
        await compacting
        const documents = await storage.listDocuments('k', '')
        const { rows } = await storage.listAccounts({ scope, limit: 1_000 })
        await storage.close()

        const again = open(path, options)
        expect(documents).toContainEqual(before)
        expect(documents).toHaveLength(nth + 1)
        expect(await again.listDocuments('k', '')).toEqual(documents)
        const found = await again.listAccounts({ scope, limit: 1_000 })
        expect(found.rows.map(withoutValues)).toEqual(rows.map(withoutValues))
        for (const { app, externalId, id } of rows) {
          expect(await again.readAccountByExternalId(scope, app, externalId)).toMatchObject({ id })
        }
        await again.close()
      }
      expect(nth).toBeGreaterThan(8)
      expect(readdirSync(join(folder, 'data')).filter((entry) => entry.endsWith('.new'))).toEqual([])
      expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(300 + nth * 3)
    })

    it('is rewritten by itself when most of it is outdated', async () => {
      const path = newPath()
      const storage = open(path, options)
      const write = (value: number): Promise<unknown> =>
        storage.writeDocument({ kind: 'k', id: `${value % 100}`, value: 'x'.repeat(100) }, undefined)
      for (let round = 0; round < 60; round += 1) await Promise.all(Array.from({ length: 100 }, (_, nth) => write(nth)))
      await storage.close()
      expect(statSync(path).size).toBeLessThan(800_000)
      expect(await open(path, options).listDocuments('k', '')).toHaveLength(100)
    })
  })
}

describe('keys', () => {
  const otherKey = randomBytes(32).toString('base64')

  it('keep the content of the file secret, which a plain file shows', async () => {
    for (const word of ['key of apn_0', 'apn_0', 'user-1', 'proj_sample']) {
      expect(readFileSync(await fileWith(1), 'utf8')).not.toContain(word)
      expect(readFileSync(await fileWith(1, { plaintext: true }), 'utf8')).toContain(word)
    }
  })

  it('must be given, or plaintext allowed', () => {
    expect(() => memoryStorage({ file: newPath() })).toThrow('needs an encryption key')
  })

  it('of another file do not open it; the message names the key', async () => {
    const path = await fileWith(1)
    const other = createSealer(createKeyRing([otherKey]))
    expect(() => open(path, { sealer: other })).toThrow(`sealed with key ${sealer.currentKeyId}`)
    expect(idsIn(open(path))).toEqual(['apn_0'])
  })

  it('are not mixed with plaintext', async () => {
    const sealed = await fileWith(1)
    const plain = await fileWith(1, { plaintext: true })
    expect(() => open(sealed, { plaintext: true })).toThrow('is sealed')
    expect(() => open(plain, { sealer })).toThrow('is not sealed')
  })

  it('are rotated by a rewrite, after which the old key is not needed', async () => {
    const path = await fileWith(3)
    const both = createSealer(createKeyRing([otherKey, key]))
    const storage = open(path, { sealer: both })
    expect(idsIn(storage)).toHaveLength(3)
    await Promise.all([storage.compact(), storage.compact()])
    await storage.close()
    expect(idsIn(open(path, { sealer: createSealer(createKeyRing([otherKey])) }))).toHaveLength(3)
  })

  it('are rotated by the first write, too', async () => {
    const path = await fileWith(3)
    const storage = open(path, { sealer: createSealer(createKeyRing([otherKey, key])) })
    await storage.writeAccount(sampleAccount({ id: 'apn_3' }), 0)
    await storage.close()
    expect(idsIn(open(path, { sealer: createSealer(createKeyRing([otherKey])) }))).toHaveLength(4)
  })

  it('do not let a line of another file in', async () => {
    const first = await fileWith(1)
    const second = await fileWith(1)
    const [header] = readFileSync(first, 'utf8').split('\n')
    const [, line] = readFileSync(second, 'utf8').split('\n')
    writeFileSync(first, `${header}\n${line}\n`)
    expect(() => open(first)).toThrow('damaged')
    expect(idsIn(open(second))).toEqual(['apn_0'])
  })
})

describe('a file that is something else', () => {
  it.each(['hello', '{}\n', '{"format":"other","version":1,"id":"x","sealed":true}\n', '[1]\n', '\n'])(
    'is refused and left alone: %j',
    (content) => {
      const path = join(folder, `foreign-${fileCount++}`)
      writeFileSync(path, content)
      expect(() => open(path)).toThrow('is not a storage file of this program')
      expect(readFileSync(path, 'utf8')).toBe(content)
    },
  )

  it('of a later version is refused', () => {
    const path = join(folder, 'later')
    writeFileSync(path, '{"format":"api-proxy-storage","version":2,"id":"x","sealed":true}\n')
    expect(() => open(path)).toThrow('has version 2, and this program reads 1')
  })

  it('is filled when it is empty', async () => {
    const path = join(folder, 'empty')
    writeFileSync(path, '')
    await open(path).writeAccount(sampleAccount(), 0)
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3)
  })

  it('such as a folder is refused', () => {
    expect(() => open(folder)).toThrow('EISDIR')
  })
})

describe('after close', () => {
  it('nothing is written, and closing again does nothing', async () => {
    const storage = open(newPath())
    const waiting = storage.writeAccount(sampleAccount(), 0)
    await storage.close()
    await storage.close()
    expect(await waiting).toBeDefined()
    await expect(storage.writeAccount(sampleAccount({ id: 'apn_2' }), 0)).rejects.toThrow('The storage is closed')
    await expect(storage.check()).rejects.toThrow('The storage is closed')
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

function withoutValues(account: object): object {
  return { ...account, values: undefined }
}
