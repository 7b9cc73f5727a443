import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyRing, createSealer } from '@proxy/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { countFileKeys, memoryStorage } from '../index.js'

const [old = '', fresh = ''] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))
const oldSealer = createSealer(createKeyRing([old]))
const bothSealer = createSealer(createKeyRing([fresh, old]))

describe('the keys of a storage file', () => {
  it('are counted by line, with and without them, until the file is sealed anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'proxy.db')
    const first = memoryStorage({ file, sealer: oldSealer })
    for (const id of ['1', '2', '3']) await first.writeDocument({ kind: 'note', id, value: id }, 0)
    expect(first.isOutdated).toBe(false)
    await first.close()

    const second = memoryStorage({ file, sealer: bothSealer })
    onTestFinished(() => second.close())
    expect(second.isOutdated).toBe(true)
    expect(countFileKeys(file, bothSealer)).toEqual(new Map([[oldSealer.currentKeyId, 3]]))
    await second.compact()
    expect(second.isOutdated).toBe(false)
    expect(countFileKeys(file, oldSealer)).toEqual(new Map([[bothSealer.currentKeyId, 1]]))
  })

  it('are none where nothing is sealed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'proxy.db')
    const storage = memoryStorage({ file, plaintext: true })
    await storage.writeDocument({ kind: 'note', id: '1', value: 1 }, 0)
    await storage.close()
    expect(countFileKeys(file, bothSealer)).toEqual(new Map())
  })
})
