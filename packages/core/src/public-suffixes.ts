import { closedRegistries, genericSecondLevels, hostingDomains, secondLevels } from './public-suffix-table.js'

const generic = words(genericSecondLevels)
const closed = words(closedRegistries)
const listed = new Set([...words(hostingDomains), ...secondLevels.trim().split('\n').flatMap(expandLine)])
/** Above a listed domain: `azure.com` above `cloudapp.azure.com`. */
const above = new Set([...listed].flatMap(ancestors))

/** True for a lower-case domain under which anybody can have a name: a top level, `co.uk`, `github.io`. */
export function isPublicSuffix(domain: string): boolean {
  const [first = '', second, third] = domain.split('.')
  if (second === undefined || listed.has(domain)) return true
  return third === undefined && second.length === 2 && (generic.has(first) || closed.has(second))
}

/** True when `*.domain` would take in names of strangers: a public suffix, above one, or inside a cloud's own naming. */
export function isSharedZone(domain: string): boolean {
  return isPublicSuffix(domain) || above.has(domain) || /\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.test(domain)
}

function expandLine(line: string): string[] {
  const [country = '', names = ''] = line.split(': ')
  return [...words(names)].map((name) => `${name}.${country}`)
}

function ancestors(domain: string): string[] {
  const labels = domain.split('.')
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'))
}

function words(text: string): Set<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''))
}
