import { type AppBase, AppFault } from './app.js'
import type { ConnectSettings } from './app-definition.js'
import { type HostRule, type HostRules, hostRules, readHostRule } from './host-rules.js'
import {
  compileHostTemplate,
  type PublicFields,
  requirePublicTarget,
  type TemplateScope,
  takePort,
} from './host-template.js'
import type { Target } from './target.js'
import { parseTemplate } from './template-syntax.js'

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

export interface AllowedDomains {
  readonly hosts: HostRules
  readonly accountHosts: readonly ((fields: PublicFields) => Target)[]
}

/**
 * Compiles `connect.allowed_domains`. The base's own origin is always among them; an entry with custom fields is a host
 * for the account that has their values. Entries are for https, but for `allow_http` and ports of this machine. Faults
 * are added to `faults`, one for each bad entry.
 */
export function compileAllowedDomains(
  connect: ConnectSettings,
  base: AppBase | undefined,
  scope: TemplateScope,
  faults: AppFault[],
): AllowedDomains {
  const list = connect.allowed_domains ?? []
  const rules: HostRule[] = []
  const accountHosts: ((fields: PublicFields) => Target)[] = []
  for (const [index, entry] of list.entries()) {
    if (typeof entry !== 'string' || isBaseItself(entry, connect.base_proxy_target_url)) continue
    const field = `connect.allowed_domains[${index}]`
    try {
      if (entry.includes('{{')) {
        accountHosts.push(accountHost(entry, scope, field))
        continue
      }
      const rule = readHostRule(entry, scope)
      if (typeof rule === 'string') faults.push(new AppFault(field, rule))
      else rules.push(rule)
    } catch (error) {
      if (!(error instanceof AppFault)) throw error
      faults.push(error)
    }
  }
  const origins = base?.kind === 'fixed' ? [base.target.origin] : []
  const plain = isPlainAtHome(base) ? rules.filter((rule) => isOnThisMachine(rule, scope)).map(plainOrigin) : []
  return { hosts: hostRules(rules, list, scope.allowHttp === true, [...origins, ...plain]), accountHosts }
}

/** Nothing on the wire: a port of this machine may be named for http too, unless the base says that the app speaks TLS. */
function isPlainAtHome(base: AppBase | undefined): boolean {
  return base === undefined || (base.kind === 'fixed' && base.target.protocol === 'http:')
}

function isOnThisMachine({ hostname, isWildcard, port }: HostRule, scope: TemplateScope): boolean {
  return !isWildcard && port !== undefined && loopback.test(hostname) && scope.isExempt?.(hostname, port) === true
}

function plainOrigin({ hostname, port }: HostRule): string {
  return `http://${hostname}${port === 80 ? '' : `:${port}`}`
}

/** The base's host is allowed anyway, so an entry that repeats its template needs no rule. */
function isBaseItself(entry: string, base: string | undefined): boolean {
  if (base === undefined || !entry.includes('{{')) return false
  const plain = (text: string) => text.replace(/\s/g, '')
  return plain(base) === plain(entry) || /^https?:\/\/([^/]*)/.exec(plain(base))?.[1] === plain(entry)
}

function accountHost(entry: string, scope: TemplateScope, field: string): (fields: PublicFields) => Target {
  const pieces = parseTemplate(entry, field)
  const [first] = pieces
  if (first?.kind === 'text' && first.text.includes('*')) {
    throw new AppFault(field, 'must not hold both * and custom fields')
  }
  const { hostPieces, port } = takePort(pieces)
  const host = compileHostTemplate(hostPieces, scope, field)
  const rule = readHostRule(`${host.sample}${port}`, scope)
  if (typeof rule === 'string') throw new AppFault(field, rule)
  const name = host.fields.at(-1) ?? ''
  return (fields) => requirePublicTarget(`https://${host.render(fields)}${port}`, name, scope)
}
