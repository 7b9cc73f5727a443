import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMilliseconds = 100
const beatMilliseconds = 1_000
// A holder that is gone, and one that is there but has stopped to beat (its pid now belongs to someone else).
const deadAfterMilliseconds = 3_000
const silentAfterMilliseconds = 60_000

/**
 * Waits until no other process holds the lock at `path`, then holds it. Resolves to `release`, and to `shareWith`,
 * which names a process that goes on with the work should this one be killed: the lock is then held until that ends.
 * `onWait` is called once with the holder's pid when there is something to wait for; `onPoll` is called at
 * every look and ends the wait by throwing.
 * @param {string} path
 * @param {{ onWait?: (pid: number) => void, onPoll?: () => void }} options
 */
export async function takeLock(path, { onWait = () => {}, onPoll = () => {} } = {}) {
  mkdirSync(dirname(path), { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    let told = false
    while (!tryLink(own, path)) {
      onPoll()
      const holder = readHolder(path)
      if (holder?.dead) removeDead(path, holder)
      else if (holder !== undefined && !told) {
        told = true
        onWait(holder.pid)
      }
      await sleep(pollMilliseconds)
    }
  } finally {
    rmSync(own, { force: true })
  }
  const beat = setInterval(() => touch(path), beatMilliseconds)
  return {
    shareWith: (pid) => writeFileSync(path, `${process.pid} ${pid}`),
    release: () => {
      clearInterval(beat)
      if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

/** A link appears with its content in one step, or not at all when the name is taken. */
function tryLink(from, to) {
  const now = new Date()
  utimesSync(from, now, now)
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder(path) {
  try {
    const content = readFileSync(path, 'utf8')
    const silence = Date.now() - statSync(path).mtimeMs
    const pids = content.split(' ').map(Number)
    return {
      pid: pids[0],
      content,
      dead: silence > (pids.some(isAlive) ? silentAfterMilliseconds : deadAfterMilliseconds),
    }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Moves the lock aside first: of two processes that find it dead, the second may have got hold of a living one. */
function removeDead(path, holder) {
  const aside = `${path}.${process.pid}.dead`
  try {
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== holder.content) linkSync(aside, path)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function touch(path) {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // Taken away by hand.
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
