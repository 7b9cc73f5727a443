import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { sampleAccount } from '@proxy/conformance'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../test-processes/bundle.js'
import { memoryLeaseStore } from '../memory-lease-store.js'
import { memoryRateLimiter } from '../memory-rate-limiter.js'
import { memoryStorage } from '../memory-storage.js'
import { processChannel } from './channel.js'
import { createStateHub } from './state-hub.js'

const hub = createStateHub()
const storage = memoryStorage({ onChange: hub.announce })
const parts = { storage, rateLimiter: memoryRateLimiter(), leases: memoryLeaseStore() }
const account = sampleAccount({ project: 'proj', id: 'apn_1', name: 'first' })
const children: ChildProcess[] = []
let script = ''

interface Worker {
  readonly child: ChildProcess
  order(order: string, id?: string): Promise<unknown>
}

async function startWorker(): Promise<Worker> {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  children.push(child)
  const answers = new Map<number, (result: unknown) => void>()
  let lastNumber = 0
  child.on('message', (message: { number?: number; result?: unknown }) => {
    if (message.number !== undefined) answers.get(message.number)?.(message.result)
  })
  hub.serve(processChannel(child), parts)
  await new Promise((resolve) => answers.set(0, resolve))
  return {
    child,
    order: (order, id = account.id) =>
      new Promise((resolve) => {
        lastNumber += 1
        answers.set(lastNumber, resolve)
        child.send({ number: lastNumber, order, id })
      }),
  }
}

beforeAll(async () => {
  script = await bundle('worker')
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await storage.close()
  rmSync(dirname(script), { recursive: true })
})

it('what one worker or the primary changes, the others see at once, absence included', async () => {
  const [first, second] = await Promise.all([startWorker(), startWorker()])
  expect(await Promise.all([first.order('read'), second.order('read')])).toEqual(['absent', 'absent'])
  await storage.writeAccount(account, 0)
  expect(await Promise.all([first.order('read'), second.order('read')])).toEqual(['first', 'first'])
  await storage.writeAccount({ ...account, name: 'second' }, 1)
  expect(await Promise.all([first.order('read'), second.order('read')])).toEqual(['second', 'second'])
  expect(await first.order('delete')).toBe(true)
  expect(await Promise.all([first.order('read'), second.order('read')])).toEqual(['absent', 'absent'])
})

it('a limit holds over all workers, whoever takes the calls', async () => {
  const workers = await Promise.all([startWorker(), startWorker(), startWorker()])
  const passed = await Promise.all(workers.map((worker) => worker.order('consume')))
  expect(passed.reduce((sum: number, count) => sum + Number(count), 0)).toBe(100)
})

it('a worker that is killed harms nobody', async () => {
  const [first, second] = await Promise.all([startWorker(), startWorker()])
  const ended = new Promise((resolve) => first.child.once('exit', resolve))
  first.child.kill('SIGKILL')
  await ended
  await storage.writeAccount(sampleAccount({ project: 'proj', id: 'apn_2', name: 'later' }), 0)
  expect(await second.order('read', 'apn_2')).toBe('later')
  expect(await second.order('check')).toBe('ok')
})
