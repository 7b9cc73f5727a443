import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'

const signOfLifeMs = 1_000
/** How long to look for a sign of life of a process that cannot be asked, on another machine or in another container. */
const defaultPatienceMs = 3_000

export interface FileLock {
  /** False once another process has taken over, which took this one for dead. */
  readonly isHeld: boolean
  release(): void
}

interface Owner {
  /** Machine and container: pids of one place can be compared. */
  readonly place: string
  readonly pid: number
  /** Tells a process from a later one with the same pid; empty where the system does not say. */
  readonly startedAt: string
}

/** Locks that this process holds: a second one inside the process is refused, too. */
const held = new Set<string>()

/**
 * Claims `path` for this process by a file beside it. A lock whose process is gone is taken over. Throws with the
 * holder's pid when the path is in use.
 */
export function lockFile(path: string, patienceMs = defaultPatienceMs): FileLock {
  const lockPath = `${path}.lock`
  const own = JSON.stringify({ place: ownPlace(), pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner)
  if (held.has(lockPath)) throw new Error(`The storage file ${path} is already open in this process.`)
  const draft = `${lockPath}.${process.pid}`
  writeFileSync(draft, own, { mode: 0o600 })
  try {
    for (let attempt = 1; !claim(draft, lockPath); attempt += 1) {
      const holder = readOwner(lockPath)
      if (attempt > 5 || (holder !== undefined && isAlive(holder, lockPath, patienceMs))) {
        throw new Error(
          `The storage file ${path} is in use by process ${holder?.pid ?? 'unknown'} (${holder?.place ?? 'unknown'}). One process at a time may open it.`,
        )
      }
      takeAway(lockPath, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  held.add(lockPath)
  let isHeld = true
  const sign = setInterval(() => {
    isHeld &&= showLife(lockPath, own)
  }, signOfLifeMs)
  sign.unref()
  return {
    get isHeld() {
      return isHeld
    },
    release() {
      if (!held.delete(lockPath)) return
      clearInterval(sign)
      if (showLife(lockPath, own)) rmSync(lockPath, { force: true })
      isHeld = false
    },
  }
}

/** A link appears with its content at once, or not at all. */
function claim(draft: string, lockPath: string): boolean {
  try {
    linkSync(draft, lockPath)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function readOwner(lockPath: string): Owner | undefined {
  try {
    const { place, pid, startedAt } = JSON.parse(readFileSync(lockPath, 'utf8'))
    return typeof place === 'string' && typeof pid === 'number' && typeof startedAt === 'string'
      ? { place, pid, startedAt }
      : undefined
  } catch {
    return undefined
  }
}

function isAlive(holder: Owner, lockPath: string, patienceMs: number): boolean {
  if (holder.place !== ownPlace()) return showsLife(lockPath, patienceMs)
  if (holder.pid === process.pid) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  return startOf(holder.pid) === holder.startedAt
}

/** Blocks, as it does at start only: no clock of another machine is compared with our own. */
function showsLife(lockPath: string, patienceMs: number): boolean {
  const before = modifiedAt(lockPath)
  const still = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; waited < patienceMs; waited += 50) {
    Atomics.wait(still, 0, 0, 50)
    const now = modifiedAt(lockPath)
    if (now === undefined) return false
    if (now !== before) return true
  }
  return false
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

/** Moves a dead lock aside first: of several processes that saw it dead, one can move it. */
function takeAway(lockPath: string, seen: Owner | undefined): void {
  const aside = `${lockPath}.dead.${process.pid}`
  try {
    renameSync(lockPath, aside)
  } catch {
    return
  }
  if (JSON.stringify(readOwner(aside)) !== JSON.stringify(seen)) claim(aside, lockPath)
  rmSync(aside, { force: true })
}

/** False when the lock is not ours any more. */
function showLife(lockPath: string, own: string): boolean {
  try {
    if (readFileSync(lockPath, 'utf8') !== own) return false
    const now = new Date()
    utimesSync(lockPath, now, now)
    return true
  } catch (error) {
    return codeOf(error) !== 'ENOENT'
  }
}

function ownPlace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** The start of a process as Linux tells it (field 22 of its stat line). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
