import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Callers, keepAliveCallers } from '../security/callers.js'
import { startTown, type Town } from '../security/town.js'

const calls = 40
const stoppedMs = 2_500

let upstream: RawUpstream
let town: Town
let callers: Callers
const waiting: Socket[] = []
const streaming: Socket[] = []

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket, head) => {
    if (head.includes('/stream')) {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf')
      streaming.push(socket)
    } else waiting.push(socket)
  }
  const limits = { project: 'none', headTimeout: '2s', bodyIdleTimeout: '2s' }
  town = await startTown({ upstreamPort: upstream.port, config: { limits } })
  callers = keepAliveCallers(town.server.port, 2 * calls)
})

afterAll(async () => {
  callers.close()
  await town.server.stop()
  await upstream.stop()
})

function call(path: string) {
  return callers.send({ path: town.path('header', path), headers: ['Authorization', `Bearer ${town.key}`] })
}

/** The letter that the kernel gives a process: T for a stopped one. */
function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
}

it.skipIf(process.platform !== 'linux')('a process that was stopped goes on where it was', async () => {
  const { pid } = town.server
  const heads = Array.from({ length: calls }, () => call('/late'))
  const bodies = Array.from({ length: calls }, () => call('/stream'))
  await expect.poll(() => [waiting.length, streaming.length]).toEqual([calls, calls])

  process.kill(pid, 'SIGSTOP')
  await expect.poll(() => stateOf(pid)).toBe('T')
  // The answers arrive while nobody can read them; their deadlines are long over when somebody can.
  for (const socket of waiting) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate')
  for (const socket of streaming) socket.write('more')
  await pause(stoppedMs)
  process.kill(pid, 'SIGCONT')

  const answers = await Promise.all([...heads, ...bodies])
  const outcomes = answers.map(({ status, body }) => `${status} ${body}`)
  expect(outcomes).toEqual([...heads.map(() => '200 late'), ...bodies.map(() => '200 halfmore')])
})
