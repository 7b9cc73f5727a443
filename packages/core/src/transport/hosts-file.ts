import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

/** The names that the machine's hosts file gives addresses to. */
export interface HostsFile {
  /** In the order of the file; undefined when it does not name the host. */
  addressesOf(hostname: string): readonly string[] | undefined
}

const checkEveryMs = 1_000

/** Reads a hosts file and reads it again once it has changed. A file that cannot be read names nobody. */
export function openHostsFile(path: string, now: () => number): HostsFile {
  let names: ReadonlyMap<string, readonly string[]> = new Map()
  let readVersion = ''
  let checkedAt = -Infinity

  const refresh = (): void => {
    if (now() - checkedAt < checkEveryMs) return
    checkedAt = now()
    try {
      const { mtimeMs, size, ino } = statSync(path)
      const version = `${mtimeMs} ${size} ${ino}`
      if (version === readVersion) return
      names = parseHosts(readFileSync(path, 'utf8'))
      readVersion = version
    } catch {
      names = new Map()
      readVersion = ''
    }
  }

  return {
    addressesOf: (hostname) => {
      refresh()
      return names.get(hostname)
    },
  }
}

function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = (line.split('#')[0] ?? '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const alias of aliases) {
      const name = alias.toLowerCase()
      const known = names.get(name)
      if (known === undefined) names.set(name, [address])
      else known.push(address)
    }
  }
  return names
}
