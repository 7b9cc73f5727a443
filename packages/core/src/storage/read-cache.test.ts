import { describe, expect, it } from 'vitest'
import { createReadCache, type ReadCache } from './read-cache.js'

interface Bench {
  readonly cache: ReadCache<string>
  /** What the store holds. */
  readonly store: Map<string, string>
  /** Keys asked of the store. */
  readonly asked: string[]
  advance(ms: number): void
  failWith(error: Error | undefined): void
  read(key: string): Promise<string | undefined> | string | undefined
}

function bench(staleIfErrorMs = 0, maxEntries = 100): Bench {
  let now = 1_000
  let failure: Error | undefined
  const store = new Map([['a', 'value of a']])
  const asked: string[] = []
  const cache = createReadCache<string>({ ttlMs: 100, negativeTtlMs: 10, staleIfErrorMs, maxEntries, now: () => now })
  return {
    cache,
    store,
    asked,
    advance(ms) {
      now += ms
    },
    failWith(error) {
      failure = error
    },
    read: (key) =>
      cache.read(key, async () => {
        asked.push(key)
        if (failure !== undefined) throw failure
        return store.get(key)
      }),
  }
}

describe('a read cache', () => {
  it('asks once for as long as a value is fresh, and answers at once in between', async () => {
    const { read, asked, advance } = bench()
    expect(await read('a')).toBe('value of a')
    advance(99)
    expect(read('a')).toBe('value of a')
    expect(asked).toEqual(['a'])
    advance(1)
    await read('a')
    expect(asked).toEqual(['a', 'a'])
  })

  it('keeps absence for a shorter time', async () => {
    const { read, asked, advance, store } = bench()
    expect(await read('b')).toBeUndefined()
    store.set('b', 'new')
    advance(9)
    expect(read('b')).toBeUndefined()
    advance(1)
    expect(await read('b')).toBe('new')
    expect(asked).toEqual(['b', 'b'])
  })

  it('asks once for a thousand that want the same', async () => {
    const { read, asked } = bench()
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => read('a')))
    expect(new Set(answers)).toEqual(new Set(['value of a']))
    expect(asked).toEqual(['a'])
  })

  it('hands a failure to all who wait for it, and asks again for the next', async () => {
    const { read, asked, failWith } = bench()
    failWith(new Error('down'))
    const answers = await Promise.allSettled([read('a'), read('a')])
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected'])
    expect(asked).toEqual(['a'])
    failWith(undefined)
    expect(await read('a')).toBe('value of a')
  })

  it('reads what was forgotten anew', async () => {
    const { read, asked, cache, store } = bench()
    await read('a')
    store.set('a', 'changed')
    cache.forget('a')
    expect(await read('a')).toBe('changed')
    store.set('a', 'again')
    cache.forgetAll()
    expect(await read('a')).toBe('again')
    expect(asked).toHaveLength(3)
  })

  it('does not keep what was forgotten while it was being read', async () => {
    const { read, cache, store } = bench()
    let finishLoad = (_: string): void => {}
    const early = cache.read('a', () => new Promise<string>((resolve) => (finishLoad = resolve)))
    await Promise.resolve()
    store.set('a', 'changed')
    cache.forget('a')
    expect(await read('a')).toBe('changed')
    finishLoad('outdated')
    expect(await early).toBe('outdated')
    expect(read('a')).toBe('changed')
  })
})

describe('a value in doubt', () => {
  it('is read anew, whatever its time', async () => {
    const { read, asked, cache, store } = bench()
    await read('a')
    store.set('a', 'changed')
    cache.doubtAll()
    expect(await read('a')).toBe('changed')
    expect(read('a')).toBe('changed')
    expect(asked).toEqual(['a', 'a'])
  })

  it('is used within its time while the store fails, and the store is asked once a second', async () => {
    const { read, asked, cache, advance, failWith } = bench(5_000)
    await read('a')
    failWith(new Error('down'))
    cache.doubtAll()
    for (let call = 0; call < 100; call += 1) expect(await read('a')).toBe('value of a')
    expect(asked).toEqual(['a', 'a'])
    advance(5_100)
    await expect(read('a')).rejects.toThrow('down')
  })

  it('stays in doubt when the doubt came while it was being read', async () => {
    const { cache, read, asked } = bench()
    let finishLoad = (_: string): void => {}
    const early = cache.read('a', () => new Promise<string>((resolve) => (finishLoad = resolve)))
    await Promise.resolve()
    cache.doubtAll()
    finishLoad('read before the doubt')
    await early
    expect(await read('a')).toBe('value of a')
    expect(asked).toEqual(['a'])
  })
})

describe('while the store fails', () => {
  it('a value is used beyond its time, and the store is asked once a second', async () => {
    const { read, asked, advance, failWith } = bench(5_000)
    await read('a')
    advance(100)
    failWith(new Error('down'))
    expect(await read('a')).toBe('value of a')
    for (let call = 0; call < 100; call += 1) expect(read('a')).toBe('value of a')
    expect(asked).toHaveLength(2)
    advance(1_000)
    expect(await read('a')).toBe('value of a')
    expect(asked).toHaveLength(3)
    advance(4_000)
    await expect(read('a')).rejects.toThrow('down')
  })

  it('a forgotten value and an absent one are not used', async () => {
    const { read, advance, failWith, cache } = bench(5_000)
    await read('a')
    await read('b')
    failWith(new Error('down'))
    cache.forget('a')
    advance(100)
    await expect(read('a')).rejects.toThrow('down')
    await expect(read('b')).rejects.toThrow('down')
  })

  it('a value is fresh again as soon as the store answers', async () => {
    const { read, advance, failWith, store } = bench(5_000)
    await read('a')
    advance(100)
    failWith(new Error('down'))
    await read('a')
    failWith(undefined)
    store.set('a', 'new')
    advance(1_000)
    expect(await read('a')).toBe('new')
  })
})

describe('memory', () => {
  it('is bounded, and what is used stays', async () => {
    const { read, asked, store } = bench(0, 10)
    await read('a')
    for (let nth = 0; nth < 1_000; nth += 1) {
      store.set(`key ${nth}`, 'x')
      await read(`key ${nth}`)
      await read('a')
    }
    expect(asked.filter((key) => key === 'a')).toHaveLength(1)
    asked.length = 0
    for (let nth = 0; nth < 1_000; nth += 1) await read(`key ${nth}`)
    expect(asked.length).toBeGreaterThanOrEqual(990)
  })
})
