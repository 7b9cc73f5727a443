import { AsyncLocalStorage } from 'node:async_hooks'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { endTogether } from './end-together.js'

interface Kept {
  readonly sink: Writable
  readonly taken: string[]
}

function keeping(onEnd: () => void = () => undefined): Kept {
  const taken: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      taken.push(chunk.toString())
      callback()
    },
    final(callback) {
      onEnd()
      callback()
    },
  })
  return { sink, taken }
}

describe('answers that end together', () => {
  it('each get all of their own body', async () => {
    const [none, one, several] = [keeping(), keeping(), keeping()]
    await Promise.all([
      endTogether(none.sink, []),
      endTogether(one.sink, [Buffer.from('one')]),
      endTogether(
        several.sink,
        ['a', 'b', 'c'].map((text) => Buffer.from(text)),
      ),
    ])
    expect([none, one, several].map(({ taken }) => taken.join())).toEqual(['', 'one', 'a,b,c'])
    expect([none, one, several].every(({ sink }) => sink.writableEnded)).toBe(true)
  })

  it('are ended before anything that waits for one of them goes on', async () => {
    const ends: string[] = []
    const first = endTogether(keeping(() => ends.push('first')).sink, []).then(() => ends.push('log'))
    const second = endTogether(keeping(() => ends.push('second')).sink, [])
    await Promise.all([first, second])
    expect(ends).toEqual(['first', 'second', 'log'])
  })

  it('do not share the fault of one, or its caller that has left', async () => {
    const broken = new Writable({
      write() {
        throw new Error('The host is broken.')
      },
    })
    const left = keeping()
    const good = keeping()
    const bytes = [Buffer.from('x')]
    const ended = [broken, left.sink, good.sink].map((sink) => endTogether(sink, bytes))
    left.sink.destroy()
    const results = await Promise.allSettled(ended)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(broken.destroyed).toBe(true)
    expect([left.taken, good.taken]).toEqual([[], ['x']])
  })

  it('outlive a host that destroys a sink with an error that nobody hears', async () => {
    const destroyed = keeping()
    const good = keeping()
    const ended = [destroyed, good].map(({ sink }) => endTogether(sink, [Buffer.from('x')]))
    destroyed.sink.destroy(new Error('The connection is gone.'))
    await Promise.all(ended)
    await new Promise((resolve) => setImmediate(resolve))
    expect([destroyed.taken, good.taken]).toEqual([[], ['x']])
  })

  it('keep what their host remembers of each call apart', async () => {
    const calls = new AsyncLocalStorage<string>()
    const seen: [string, string | undefined][] = []
    await Promise.all(
      ['first', 'second'].map((name) =>
        calls.run(name, () => endTogether(keeping(() => seen.push([name, calls.getStore()])).sink, [])),
      ),
    )
    expect(seen).toEqual([
      ['first', 'first'],
      ['second', 'second'],
    ])
  })

  it('ends one that comes while others are ended, in the next turn', async () => {
    const late = keeping()
    await endTogether(keeping().sink, []).then(() => endTogether(late.sink, [Buffer.from('late')]))
    expect(late.taken).toEqual(['late'])
  })
})
