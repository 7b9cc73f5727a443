import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createKeyRing, createSealer } from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../test-processes/bundle.js'
import { type StartedProcess, startProcess } from '../test-processes/started-process.js'
import { lockFile } from './journal/file-lock.js'
import { type MemoryStorage, memoryStorage } from './memory-storage.js'

const folder = mkdtempSync(join(tmpdir(), 'crash-'))
const key = randomBytes(32).toString('base64')
const sealer = createSealer(createKeyRing([key]))
const scope = { project: 'proj', environment: 'development' } as const
const started: StartedProcess[] = []
let script = ''

function start(command: string, ...commandArguments: readonly string[]): StartedProcess {
  const child = startProcess(command, commandArguments)
  started.push(child)
  return child
}

function idsOf(child: StartedProcess, word: 'ok' | 'failed'): readonly string[] {
  return child.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
}

function missing(storage: MemoryStorage, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => storage.readAccount(scope, id) === undefined)
}

beforeAll(async () => {
  script = await bundle('writer')
})
afterAll(async () => {
  for (const child of started) await child.kill()
  rmSync(folder, { recursive: true })
  rmSync(dirname(script), { recursive: true })
})

describe('after kill -9 in the middle of writing', () => {
  it('every acknowledged account is there, over ten crashes', async () => {
    const file = join(folder, 'killed.db')
    const acknowledged: string[] = []
    for (let crash = 0; crash < 10; crash += 1) {
      const first = crash * 100_000
      const child = start(process.execPath, script, file, key, `${first}`, '2000')
      await child.line((line) => line === `ok apn_${first + 3 + crash * 2}`)
      await child.kill()
      acknowledged.push(...idsOf(child, 'ok'))
      const storage = memoryStorage({ file, sealer })
      expect(missing(storage, acknowledged)).toEqual([])
      const { totalCount } = await storage.listAccounts({ scope, limit: 1 })
      expect(totalCount - acknowledged.length).toBeLessThanOrEqual(crash + 1)
      await storage.close()
    }
  })
})

describe('on a full disk', () => {
  it('writes are refused, nothing is half applied, and all that was acknowledged is there', async () => {
    const file = join(folder, 'full.db')
    const limited = 'trap "" XFSZ; ulimit -f 200; exec "$@"'
    const child = start('sh', '-c', limited, 'sh', process.execPath, script, file, key, '0', '3000')
    await child.line((line) => line.endsWith(' write'))
    await child.ended
    const acknowledged = idsOf(child, 'ok')
    expect(acknowledged.length).toBeGreaterThan(5)
    expect(idsOf(child, 'failed')).toHaveLength(10)
    const storage = memoryStorage({ file, sealer })
    expect(storage.tornBytes).toBe(0)
    expect(missing(storage, acknowledged)).toEqual([])
    expect(await storage.listAccounts({ scope, limit: 1 })).toMatchObject({ totalCount: acknowledged.length })
    await storage.close()
  })
})

describe('a file that is open', () => {
  it('is refused to another process by pid, and free once that process is killed', async () => {
    const file = join(folder, 'locked.db')
    const child = start(process.execPath, script, file, key)
    await child.line((line) => line === 'open')
    expect(() => memoryStorage({ file, sealer })).toThrow(`in use by process ${child.pid} `)
    await child.kill()
    expect(existsSync(`${file}.lock`)).toBe(true)
    const storage = memoryStorage({ file, sealer })
    const refused = start(process.execPath, script, file, key)
    expect(await refused.line((line) => line.startsWith('error'))).toContain(`in use by process ${process.pid} `)
    expect(() => memoryStorage({ file, sealer })).toThrow('already open in this process')
    await storage.close()
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('is given to one of several processes that find a dead lock', async () => {
    const file = join(folder, 'raced.db')
    const dead = { place: placeOf(file), pid: 4_000_000, startedAt: '1' }
    writeFileSync(`${file}.lock`, JSON.stringify(dead))
    const children = Array.from({ length: 4 }, () => start(process.execPath, script, file, key))
    const answers = await Promise.all(children.map((child) => child.line((line) => /^(open|error)/.test(line))))
    expect(answers.filter((answer) => answer === 'open')).toHaveLength(1)
    for (const child of children) await child.kill()
  })

  it('is not taken for a dead one because its pid was given to a later process', () => {
    const file = join(folder, 'reused.db')
    writeFileSync(`${file}.lock`, JSON.stringify({ place: placeOf(file), pid: process.ppid, startedAt: 'before' }))
    lockFile(file).release()
    writeFileSync(`${file}.lock`, 'torn')
    lockFile(file).release()
  })

  it('on another machine is believed as long as it shows signs of life', async () => {
    const file = join(folder, 'foreign.db')
    const owner = JSON.stringify({ place: `not ${hostname()}`, pid: 1, startedAt: '' })
    writeFileSync(`${file}.lock`, owner)
    const living = start(process.execPath, '-e', livingOwner, `${file}.lock`)
    await living.line((line) => line === 'living')
    expect(() => lockFile(file, 2_000)).toThrow('in use by process 1 (not ')
    await living.kill()
    lockFile(file, 300).release()
  })
})

const livingOwner = `
  setInterval(() => require('node:fs').utimesSync(process.argv[1], new Date(), new Date()), 20)
  console.log('living')
`

/** What a lock of this process says about its place. */
function placeOf(file: string): string {
  const lock = lockFile(`${file}.probe`)
  try {
    return JSON.parse(readFileSync(`${file}.probe.lock`, 'utf8')).place
  } finally {
    lock.release()
  }
}
