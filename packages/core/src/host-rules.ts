import { AppFault } from './app.js'
import { isPublicSuffix, isSharedZone } from './public-suffixes.js'
import { sharedText } from './shared-text.js'
import { parseTarget, type Target } from './target.js'

/** The hosts that may get an app's credential. */
export interface HostRules {
  allows(target: Target): boolean
  /** As written. */
  readonly list: readonly string[]
}

export interface HostRuleOptions {
  /** Lets the hosts be called over http too. Default false. */
  readonly allowHttp?: boolean
  /** The operator's exceptions for addresses and private names; none by default. */
  readonly isExempt?: (host: string, port: number) => boolean
  /** Further public suffixes, beside the built-in table. */
  readonly isPublicSuffix?: (domain: string) => boolean
  /** Where the entries stand, for faults. */
  readonly field?: string
}

export interface HostRule {
  readonly hostname: string
  readonly isWildcard: boolean
  /** Undefined for the protocol's own. */
  readonly port: number | undefined
}

interface Wildcard {
  /** With its leading dot. */
  readonly suffix: string
  readonly port: number | undefined
}

/** Compiles `host`, `*.host` and `host:port` entries. Throws an `AppFault` for the first that is not one. */
export function compileHostRules(entries: readonly string[], options: HostRuleOptions = {}): HostRules {
  const field = options.field ?? 'connect.allowed_domains'
  const rules = entries.map((entry, index) => {
    const rule = readHostRule(entry, options)
    if (typeof rule === 'string') throw new AppFault(`${field}[${index}]`, rule)
    return rule
  })
  return hostRules(rules, entries, options.allowHttp === true, [])
}

/** The rules behind entries that were read; `origins` are allowed as they stand. */
export function hostRules(
  rules: readonly HostRule[],
  list: readonly string[],
  allowHttp: boolean,
  origins: readonly string[],
): HostRules {
  const allowed = new Set(origins)
  const wildcards: Wildcard[] = []
  for (const { hostname, isWildcard, port } of rules) {
    if (isWildcard) {
      wildcards.push({ suffix: `.${hostname}`, port })
      continue
    }
    allowed.add(`https://${hostname}${port === undefined || port === 443 ? '' : `:${port}`}`)
    if (allowHttp) allowed.add(`http://${hostname}${port === undefined || port === 80 ? '' : `:${port}`}`)
  }
  return new CompiledRules(list, [...allowed], wildcards, allowHttp)
}

/** The base's origin stands in the object itself: with a thousand apps each further one is a place that no cache holds. */
class CompiledRules implements HostRules {
  readonly #first: string | undefined
  readonly #others: readonly string[]
  readonly #wildcards: readonly Wildcard[]
  readonly #allowHttp: boolean
  readonly list: readonly string[]

  constructor(list: readonly string[], origins: readonly string[], wildcards: readonly Wildcard[], allowHttp: boolean) {
    const [first, ...others] = origins.map(sharedText)
    this.#first = first
    this.#others = others
    this.#wildcards = wildcards
    this.#allowHttp = allowHttp
    this.list = list
  }

  allows(target: Target): boolean {
    if (target.origin === this.#first || this.#others.includes(target.origin)) return true
    if (this.#wildcards.length === 0 || !(this.#allowHttp || target.protocol === 'https:')) return false
    return matchesOne(this.#wildcards, target)
  }
}

function matchesOne(wildcards: readonly Wildcard[], { protocol, hostname, port }: Target): boolean {
  const standardPort = protocol === 'https:' ? 443 : 80
  for (const wildcard of wildcards) {
    if (port === (wildcard.port ?? standardPort) && hostname.endsWith(wildcard.suffix)) return true
  }
  return false
}

/** One entry, or the reason why it is none. */
export function readHostRule(entry: string, options: HostRuleOptions): HostRule | string {
  const isWildcard = entry.startsWith('*.')
  const text = isWildcard ? entry.slice(2) : entry
  if (text.includes('*')) return 'may hold * only as its whole first label: *.example.com'
  if (text.includes('://') || text.includes('/'))
    return 'must be a host without scheme or path, such as api.example.com'
  if (text !== text.toLowerCase()) return 'must be in lower case'
  if (/[^!-~]/.test(text)) return 'must be ASCII without spaces; write international names in their xn-- form'
  const target = readHost(text)
  if (target === undefined) return 'must be a host name such as api.example.com, *.example.com or api.example.com:8443'
  const { hostname } = target
  const port = /:\d+$/.test(text.replace(/^\[.*\]/, '')) ? target.port : undefined
  const refusal = refuseHost(hostname, port, isWildcard, options)
  return refusal ?? { hostname, isWildcard, port }
}

function readHost(text: string): Target | undefined {
  try {
    const target = parseTarget(`https://${text}`)
    return target.path === '/' && target.host === text.replace(/:443$/, '') ? target : undefined
  } catch {
    return undefined
  }
}

/** Why a host may not stand in a definition, or undefined. `port` undefined is the protocol's own. */
export function refuseHost(
  hostname: string,
  port: number | undefined,
  isWildcard: boolean,
  options: HostRuleOptions,
): string | undefined {
  const { allowHttp = false, isExempt = () => false } = options
  if (!isWildcard && (isExempt(hostname, port ?? 443) || (allowHttp && isExempt(hostname, port ?? 80))))
    return undefined
  if (isIpLiteral(hostname)) return 'must not be an IP address, unless network.allowPrivate holds it'
  if (!hostname.includes('.')) {
    return isWildcard
      ? `must not open the whole of ${hostname}`
      : 'must not be a single label, unless network.allowPrivate holds it'
  }
  if (isPublicSuffixBy(options, hostname) || (isWildcard && isSharedZone(hostname))) {
    return `must not be ${hostname}, under which anybody can have a name; write the whole host`
  }
  return undefined
}

/** True for the host of a `Target` that is an address: `URL` leaves only dotted quads and brackets. */
export function isIpLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || /\.\d+$/.test(hostname) || /^\d+$/.test(hostname)
}

/** Asks the built-in table and the host's own list. */
export function isPublicSuffixBy(options: HostRuleOptions, hostname: string): boolean {
  return isPublicSuffix(hostname) || options.isPublicSuffix?.(hostname) === true
}
