import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ReservedPort {
  readonly port: number
  release(): void
}

/** Redis takes no port 0, and its cluster bus is 10,000 above; both stay below those that systems give to clients. */
const firstPort = 20_000
const portCount = 2_700
const busOffset = 10_000

const folder = join(tmpdir(), 'redis-test-ports')
let next = process.pid % portCount

/**
 * A port that is free, and no other test's until it is released: also while its server is killed, to be started again.
 * Processes agree by a file for each port, which holds the id of its owner.
 */
export async function reservePort(): Promise<ReservedPort> {
  mkdirSync(folder, { recursive: true })
  for (let tried = 0; tried < portCount; tried += 1) {
    const port = firstPort + (next++ % portCount)
    const file = join(folder, String(port))
    if (!take(file)) continue
    const release = (): void => rmSync(file, { force: true })
    if ((await isFree(port)) && (await isFree(port + busOffset))) return { port, release }
    release()
  }
  throw new Error('No port is free for a Redis.')
}

function take(file: string): boolean {
  if (create(file)) return true
  if (isOwned(file)) return false
  rmSync(file, { force: true })
  return create(file)
}

function create(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx')
    writeSync(descriptor, String(process.pid))
    closeSync(descriptor)
    return true
  } catch {
    return false
  }
}

/** False when its owner is gone; one that has not written its id yet is there. */
function isOwned(file: string): boolean {
  try {
    const pid = readFileSync(file, 'utf8')
    if (pid !== '') process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
