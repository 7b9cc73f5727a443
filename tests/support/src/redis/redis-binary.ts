import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Debian's `redis-tools` starts no service; this program of it is the server, and runs as such under that name. */
const names = ['redis-server', 'redis-check-rdb']
const lockFolder = join(tmpdir(), 'redis-tools-install')
const lockLifeMs = 120_000

/** The Redis server's program. Installs it when it is missing and this process may; else throws what to do. */
export async function redisBinary(): Promise<string> {
  for (;;) {
    const found = findBinary()
    if (found !== undefined) return found
    if (process.getuid?.() !== 0 || findOnPath('apt-get') === undefined) {
      throw new Error('These tests need a Redis 7 server. On Debian: apt-get install redis-tools (as root).')
    }
    if (takeLock()) {
      try {
        install()
      } finally {
        rmdirSync(lockFolder)
      }
      if (findBinary() === undefined) throw new Error('The package redis-tools has brought no Redis server.')
    } else await pause(200)
  }
}

function findBinary(): string | undefined {
  return names.map(findOnPath).find((path) => path !== undefined)
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** Test files run at the same time: one of them installs. */
function takeLock(): boolean {
  try {
    mkdirSync(lockFolder)
    return true
  } catch {
    const age = Date.now() - (statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > lockLifeMs) rmdirSync(lockFolder)
    return false
  }
}

function install(): void {
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  execFileSync('apt-get', ['update', '-q'], options)
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-tools'], options)
}
