import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run } from './processes.mjs'

const folder = join(import.meta.dirname, '..')
const packages = {
  wrk: 'wrk',
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  taskset: 'util-linux',
  openssl: 'openssl',
  // Its server goes by this name, see `redis.mjs`.
  'redis-check-rdb': 'redis-tools',
}

/** Sees to it that wrk, nginx, HAProxy, taskset, openssl and Redis are here: installs Debian's packages when it may. */
export async function needTools(say) {
  if (process.platform !== 'linux') throw new Error('The benchmarks need Linux: they pin processes and read /proc.')
  process.env.PATH += `${delimiter}/usr/sbin${delimiter}/sbin`
  const missing = Object.keys(packages).filter((tool) => !onPath(tool))
  if (missing.length === 0) return
  const names = missing.map((tool) => packages[tool])
  if (process.getuid() !== 0) {
    throw new Error(`Missing: ${missing.join(', ')}. Install them: sudo apt-get install ${names.join(' ')}`)
  }
  say(`installing ${names.join(', ')}`)
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...names])
}

/** The Node 24 that every candidate runs on, fetched once from the npm registry. */
export async function needNode(say, given) {
  if (given !== undefined) return given
  const cache = join(folder, '.cache', 'node-24')
  const name = `node-linux-${process.arch}`
  const node = join(cache, 'node_modules', name, 'bin', 'node')
  if (!existsSync(node)) {
    say('fetching Node 24')
    await run('npm', [
      'install',
      '--prefix',
      cache,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${name}@24`,
    ])
  }
  return node
}

/** The other proxies, from their own lockfile, outside the workspace. */
export async function needPeers(say) {
  const peers = join(folder, 'peers')
  if (existsSync(join(peers, 'node_modules', '.package-lock.json'))) return
  say('installing the peers')
  await rm(join(peers, 'node_modules'), { recursive: true, force: true })
  await run('npm', ['ci', '--prefix', peers], { cwd: peers })
}

function onPath(tool) {
  return process.env.PATH.split(delimiter).some((directory) => existsSync(join(directory, tool)))
}
