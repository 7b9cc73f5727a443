import { describe, expect, it } from 'vitest'
import { rawConnection, statuses } from '../testing/raw-connection.js'
import { answerAtOnce, serve } from '../testing/serve.js'

/** A handler whose answers wait until the test releases them. */
function held() {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return { handle: (...args: Parameters<typeof answerAtOnce>) => released.then(() => answerAtOnce(...args)), release }
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`

describe('a server that drains', () => {
  it('ends calls in flight with Connection: close and takes no new connections', async () => {
    const { handle, release } = held()
    const { connect, calls, server } = await serve(handle)
    const connection = await connect()
    connection.send(get('/'))
    await expect.poll(() => calls.length).toBe(1)
    const drained = server.drain()
    await expect.poll(() => rawConnection(server.port).catch((error) => error.code)).toBe('ECONNREFUSED')
    release()
    const received = await connection.ended
    expect(statuses(received)).toEqual([200])
    expect(received).toMatch(/connection: close/i)
    expect(received).toMatch(/ok$/)
    await drained
  })

  it('answers the next request of a connection in use, as its last', async () => {
    const { connect, server } = await serve(answerAtOnce)
    const connection = await connect()
    connection.send(get('/1'))
    expect(await connection.until(/ok$/)).toMatch(/connection: keep-alive/i)
    const drained = server.drain()
    connection.send(get('/2'))
    const received = await connection.ended
    expect(statuses(received)).toEqual([200, 200])
    expect(received).toMatch(/connection: close/i)
    await drained
  })

  it('closes connections that wait, well within its budget', async () => {
    const { connect, server } = await serve(answerAtOnce, { drainTimeoutMs: 60_000 })
    const used = await connect()
    used.send(get('/'))
    await used.until(/ok$/)
    const unused = await connect()
    await server.drain()
    await Promise.all([used.ended, unused.ended])
  })

  it('cuts what is stuck when the budget is spent', async () => {
    const { handle } = held()
    const { connect, calls, server } = await serve(handle, { drainTimeoutMs: 200 })
    const connection = await connect()
    connection.send(get('/'))
    await expect.poll(() => calls.length).toBe(1)
    await server.drain()
    expect(await connection.ended).toBe('')
  })

  it('is drained at once when nobody is connected', async () => {
    const { server } = await serve(answerAtOnce, { drainTimeoutMs: 60_000 })
    const startedAt = performance.now()
    await server.drain()
    expect(performance.now() - startedAt).toBeLessThan(200)
  })
})
