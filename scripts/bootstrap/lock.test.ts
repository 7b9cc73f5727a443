import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { takeLock } from './lock.mjs'

const run = promisify(execFile)
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(folder, 'lock')
})

afterEach(() => rmSync(folder, { recursive: true }))

function leaveLock(pid: number, silentSeconds: number, sharedWith?: number): void {
  writeFileSync(path, sharedWith === undefined ? String(pid) : `${pid} ${sharedWith}`)
  const touched = Date.now() / 1000 - silentSeconds
  utimesSync(path, touched, touched)
}

function deadProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid
}

it('is held by one process at a time', async () => {
  const log = join(folder, 'log')
  const program = `
    import { appendFileSync } from 'node:fs'
    import { takeLock } from ${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)}
    const { release } = await takeLock(${JSON.stringify(path)})
    appendFileSync(${JSON.stringify(log)}, 'in ')
    await new Promise((resolve) => setTimeout(resolve, 20))
    appendFileSync(${JSON.stringify(log)}, 'out ')
    release()`
  const holders = Array.from({ length: 5 }, () => run(process.execPath, ['--input-type=module', '--eval', program]))
  await Promise.all(holders)
  expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(5))
  expect(existsSync(path)).toBe(false)
})

it('waits for a living holder and says once for whom', async () => {
  leaveLock(process.pid, 10)
  const waits: number[] = []
  let polls = 0
  const onPoll = () => {
    polls += 1
    if (polls === 3) rmSync(path)
  }
  const { release } = await takeLock(path, { onWait: (pid) => waits.push(pid), onPoll })
  expect(waits).toEqual([process.pid])
  release()
})

it('is taken from a dead holder', async () => {
  leaveLock(deadProcess(), 10)
  const { release } = await takeLock(path)
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid))
  release()
})

it('is not taken from a dead holder as long as the process that it was shared with lives', async () => {
  leaveLock(deadProcess(), 10, process.pid)
  let polls = 0
  const onPoll = () => {
    polls += 1
    if (polls === 3) leaveLock(deadProcess(), 10, deadProcess())
  }
  const { release } = await takeLock(path, { onPoll })
  expect(polls).toBeGreaterThanOrEqual(3)
  release()
})

it('is taken from a holder that has been silent for a minute, whose pid belongs to someone else by now', async () => {
  leaveLock(process.ppid, 61)
  const { release } = await takeLock(path)
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid))
  release()
})

it('can be given up while waiting', async () => {
  leaveLock(process.pid, 0)
  const onPoll = () => {
    throw new Error('given up')
  }
  await expect(takeLock(path, { onPoll })).rejects.toThrow('given up')
})
