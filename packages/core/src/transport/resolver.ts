import { Resolver } from 'node:dns'
import { isIP } from 'node:net'
import { ProxyError } from '../errors.js'
import { isLocalhost } from './allow-private.js'
import { type HostsFile, openHostsFile } from './hosts-file.js'

/** Turns host names into addresses, without the thread pool that `getaddrinfo` shares with files and crypto. */
export interface HostResolver {
  /** Every address of a lower-case name, IPv4 first, at least one. Rejects with `upstream_dns`. */
  resolve(hostname: string): Promise<readonly string[]>
  /** Gives up what is under way; it rejects. */
  close(): void
}

export interface ResolverOptions {
  /** Name to address, over everything else. */
  readonly hosts?: Readonly<Record<string, string>>
  /** `address` or `address:port`; without any, those of the system. */
  readonly dnsServers?: readonly string[]
  /** Read again when it changes; undefined for the system's, `null` for none. */
  readonly hostsFile?: string | null
  /** Milliseconds until a name counts as not resolvable. Default 5,000. */
  readonly timeoutMs?: number
  /** Epoch milliseconds; for tests. */
  readonly now?: () => number
}

interface Answer {
  readonly addresses: readonly string[]
  readonly ttlSeconds: number
}

interface CacheEntry {
  readonly outcome: Promise<readonly string[]>
  /** Infinity while the question is under way, which makes every other asker wait for the same answer. */
  expiresAt: number
}

const maximumNames = 2_000
const shortestLifeMs = 1_000
const longestLifeMs = 30_000
const failureLifeMs = 1_000
/** How long the slower of the A and AAAA questions may hold back the answer of the faster one. */
const otherFamilyWaitMs = 300

/** A resolver over c-ares: UDP sockets of its own, so one name with slow servers holds up nobody else. */
export function createResolver(options: ResolverOptions = {}): HostResolver {
  const timeoutMs = options.timeoutMs ?? 5_000
  // c-ares waits less for servers that it knows as fast (a quarter of a second), then doubles: few tries would cut off
  // a name that is slow on a fast server.
  const channel = new Resolver({ timeout: 1_000, tries: 4 })
  if (options.dnsServers !== undefined && options.dnsServers.length > 0) channel.setServers([...options.dnsServers])
  const overrides = readOverrides(options.hosts ?? {})
  const now = options.now ?? Date.now
  const file: HostsFile | undefined =
    options.hostsFile === null ? undefined : openHostsFile(options.hostsFile ?? systemHostsFile(), now)
  const cache = new Map<string, CacheEntry>()

  const ask = (hostname: string): Promise<readonly string[]> => {
    const known = cache.get(hostname)
    if (known !== undefined && known.expiresAt > now()) return known.outcome
    const question = askBothFamilies(channel, hostname, timeoutMs)
    const entry: CacheEntry = { outcome: question.then((answer) => answer.addresses), expiresAt: Infinity }
    question.then(
      (answer) => {
        entry.expiresAt = now() + Math.min(Math.max(answer.ttlSeconds * 1_000, shortestLifeMs), longestLifeMs)
      },
      () => {
        entry.expiresAt = now() + failureLifeMs
      },
    )
    cache.delete(hostname)
    cache.set(hostname, entry)
    if (cache.size > maximumNames) dropOldest(cache)
    return entry.outcome
  }

  return {
    resolve: async (hostname) => {
      const override = overrides.get(hostname)
      if (override !== undefined) return [override]
      if (isLocalhost(hostname)) return ['127.0.0.1', '::1']
      return file?.addressesOf(hostname) ?? ask(hostname)
    },
    close: () => {
      channel.cancel()
      cache.clear()
    },
  }
}

function readOverrides(hosts: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(hosts).map(([name, address]) => {
      if (isIP(address) === 0) throw new Error(`network.hosts: "${address}" (of ${name}) is not an address`)
      return [name.toLowerCase(), address]
    }),
  )
}

/** Both questions at once. Every answer counts for the guard, so one family waits for the other, but not forever. */
async function askBothFamilies(channel: Resolver, hostname: string, timeoutMs: number): Promise<Answer> {
  const [ipv4, ipv6] = await settleBoth(askOne(channel, hostname, 4), askOne(channel, hostname, 6), timeoutMs)
  const answers = [ipv4, ipv6].filter((result) => result !== undefined && !(result instanceof Error)) as Answer[]
  const addresses = answers.flatMap((answer) => answer.addresses)
  if (addresses.length === 0) {
    const cause = [ipv4, ipv6].find((result) => result instanceof Error)
    throw new ProxyError('upstream_dns', `The host name ${hostname} cannot be resolved.`, { cause })
  }
  const isComplete = answers.length === 2
  return { addresses, ttlSeconds: isComplete ? Math.min(...answers.map((answer) => answer.ttlSeconds)) : 1 }
}

type Result = Answer | Error | undefined

/** Both results; `undefined` for one that is too late: by itself, or beside a first answer with addresses. */
function settleBoth(
  first: Promise<Answer | Error>,
  second: Promise<Answer | Error>,
  timeoutMs: number,
): Promise<[Result, Result]> {
  return new Promise((resolve) => {
    const results: [Result, Result] = [undefined, undefined]
    const finish = (): void => {
      clearTimeout(timer)
      resolve([...results])
    }
    let timer = setTimeout(finish, timeoutMs)
    const settled = (index: 0 | 1) => (result: Answer | Error) => {
      results[index] = result
      if (results[1 - index] !== undefined) {
        finish()
      } else if (!(result instanceof Error) && result.addresses.length > 0) {
        clearTimeout(timer)
        timer = setTimeout(finish, Math.min(otherFamilyWaitMs, timeoutMs))
      }
    }
    // `askOne` never rejects.
    void first.then(settled(0))
    void second.then(settled(1))
  })
}

/** No address of this family is an answer too. */
function askOne(channel: Resolver, hostname: string, family: 4 | 6): Promise<Answer | Error> {
  return new Promise((resolve) => {
    const receive = (error: NodeJS.ErrnoException | null, records: readonly { address: string; ttl: number }[]) => {
      if (error === null) {
        const ttlSeconds = Math.min(...records.map((record) => record.ttl))
        resolve({ addresses: records.map((record) => record.address), ttlSeconds })
      } else if (error.code === 'ENODATA') {
        resolve({ addresses: [], ttlSeconds: longestLifeMs / 1_000 })
      } else {
        resolve(error)
      }
    }
    try {
      if (family === 4) channel.resolve4(hostname, { ttl: true }, receive)
      else channel.resolve6(hostname, { ttl: true }, receive)
    } catch (error) {
      resolve(error instanceof Error ? error : new Error('the resolver failed'))
    }
  })
}

function dropOldest(cache: Map<string, CacheEntry>): void {
  for (const [name, entry] of cache) {
    if (entry.expiresAt === Infinity) continue
    cache.delete(name)
    return
  }
}

function systemHostsFile(): string {
  return process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
}
