import { describe, expect, it } from 'vitest'
import { tenTimes } from './account-writes.js'
import { type StorageUnderTest, unique } from './storage-under-test.js'

export function testDocuments(getTest: () => StorageUnderTest, strings: readonly string[]): void {
  const get = (): StorageUnderTest['storage'] => getTest().storage

  describe('documents', () => {
    it('read as absent before they are written', async () => {
      expect(await get().readDocument(unique('kind'), 'a')).toBeUndefined()
      expect(await get().listDocuments(unique('kind'), '')).toEqual([])
      expect(await get().deleteDocument(unique('kind'), 'a')).toBe(false)
    })

    it.each([{ text: 'x', list: [1, { deep: null }], flag: false, number: 1.5 }, ['a', 2], 'text', 0, true, null, {}])(
      'keep a JSON value: %j',
      async (value) => {
        const kind = unique('kind')
        const stored = await get().writeDocument({ kind, id: 'a', value }, 0)
        expect(stored).toEqual({ kind, id: 'a', value, version: 1, expiresAt: undefined })
        expect(await get().readDocument(kind, 'a')).toEqual(stored)
      },
    )

    it('do not change when the value that was written does', async () => {
      const kind = unique('kind')
      const value = { list: [1] }
      await get().writeDocument({ kind, id: 'a', value }, 0)
      value.list.push(2)
      expect((await get().readDocument(kind, 'a'))?.value).toEqual({ list: [1] })
    })

    it('are guarded by version, like accounts', async () => {
      const kind = unique('kind')
      const write = (value: string, version: number | undefined): Promise<unknown> =>
        get().writeDocument({ kind, id: 'a', value }, version)
      expect(await write('none', 1)).toBeUndefined()
      expect(await write('first', 0)).toMatchObject({ version: 1 })
      expect(await write('again', 0)).toBeUndefined()
      expect(await write('second', 1)).toMatchObject({ version: 2 })
      expect(await write('stale', 1)).toBeUndefined()
      expect(await get().readDocument(kind, 'a')).toMatchObject({ value: 'second', version: 2 })
    })

    it('are overwritten, or made, by a write that expects nothing', async () => {
      const kind = unique('kind')
      expect(await get().writeDocument({ kind, id: 'a', value: 1 }, undefined)).toMatchObject({ version: 1 })
      expect(await get().writeDocument({ kind, id: 'a', value: 2 }, undefined)).toMatchObject({ version: 2 })
      expect(await get().readDocument(kind, 'a')).toMatchObject({ value: 2, version: 2 })
    })

    it('take one of ten writers at a time, or all of them when they expect nothing', async () => {
      const kind = unique('kind')
      const answers = await Promise.all(tenTimes((value) => get().writeDocument({ kind, id: 'a', value }, 0)))
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
      await Promise.all(tenTimes((value) => get().writeDocument({ kind, id: 'b', value }, undefined)))
      expect(await get().readDocument(kind, 'b')).toMatchObject({ version: 10 })
    })

    it('are gone once deleted, and may be made again', async () => {
      const kind = unique('kind')
      await get().writeDocument({ kind, id: 'a', value: 1 }, 0)
      expect(await get().deleteDocument(kind, 'a')).toBe(true)
      expect(await get().deleteDocument(kind, 'a')).toBe(false)
      expect(await get().readDocument(kind, 'a')).toBeUndefined()
      expect(await get().writeDocument({ kind, id: 'a', value: 2 }, 1)).toBeUndefined()
      expect(await get().writeDocument({ kind, id: 'a', value: 2 }, 0)).toMatchObject({ version: 1 })
    })

    it('read as absent from the millisecond at which they expire', async () => {
      const kind = unique('kind')
      const { now, passTime } = getTest()
      const expiresAt = now() + 400
      await get().writeDocument({ kind, id: 'a', value: 1, expiresAt }, 0)
      await get().writeDocument({ kind, id: 'b', value: 2 }, 0)
      expect(await get().readDocument(kind, 'a')).toMatchObject({ value: 1, expiresAt })
      expect(await get().listDocuments(kind, '')).toHaveLength(2)
      await passTime(400)
      expect(await get().readDocument(kind, 'a')).toBeUndefined()
      expect((await get().listDocuments(kind, '')).map((document) => document.id)).toEqual(['b'])
      expect(await get().deleteDocument(kind, 'a')).toBe(false)
      expect(await get().writeDocument({ kind, id: 'a', value: 3 }, 1)).toBeUndefined()
      expect(await get().writeDocument({ kind, id: 'a', value: 3 }, 0)).toMatchObject({ version: 1 })
      expect(await get().readDocument(kind, 'a')).toMatchObject({ value: 3, expiresAt: undefined })
    })

    it('take the end that the last write gave', async () => {
      const kind = unique('kind')
      const { now, passTime } = getTest()
      await get().writeDocument({ kind, id: 'a', value: 1, expiresAt: now() + 300 }, 0)
      await get().writeDocument({ kind, id: 'a', value: 2 }, 1)
      await get().writeDocument({ kind, id: 'b', value: 1, expiresAt: now() - 1 }, 0)
      expect(await get().readDocument(kind, 'b')).toBeUndefined()
      await passTime(400)
      expect(await get().readDocument(kind, 'a')).toMatchObject({ value: 2 })
    })

    it('are listed by kind and literal prefix, ascending by id', async () => {
      const kind = unique('kind')
      const ids = ['b:2', 'a:1', 'b:1', 'b*', 'b', 'bb', '*', 'B', '[b]', '%']
      for (const id of ids) await get().writeDocument({ kind, id, value: id }, 0)
      await get().writeDocument({ kind: `${kind}:b`, id: '3', value: 'other kind' }, 0)
      const list = async (prefix: string): Promise<readonly unknown[]> =>
        (await get().listDocuments(kind, prefix)).map((document) => document.value)
      expect(await list('')).toEqual([...ids].sort())
      expect(await list('b:')).toEqual(['b:1', 'b:2'])
      expect(await list('b*')).toEqual(['b*'])
      expect(await list('*')).toEqual(['*'])
      expect(await list('[b]')).toEqual(['[b]'])
      expect(await list('%')).toEqual(['%'])
      expect(await list('c')).toEqual([])
    })

    it('may have any text as kind, id and value', async () => {
      const kind = unique('kind')
      for (const text of strings) {
        await get().writeDocument({ kind: kind + text, id: 'fixed', value: text }, 0)
        await get().writeDocument({ kind, id: text, value: { [text]: text } }, 0)
      }
      for (const text of strings) {
        expect(await get().readDocument(kind + text, 'fixed')).toMatchObject({ value: text })
        expect((await get().readDocument(kind, text))?.value).toEqual(JSON.parse(JSON.stringify({ [text]: text })))
      }
    })
  })
}
