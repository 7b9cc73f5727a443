import {
  americanStates,
  americanThirdLevels,
  closedRegistries,
  genericSecondLevels,
  hostingDomains,
  japanesePlaces,
  secondLevels,
} from './public-suffix-table.js'

const generic = words(genericSecondLevels)
const closed = words(closedRegistries)
const listed = new Set([
  ...words(hostingDomains),
  ...secondLevels
    .trim()
    .split(/\n(?! )/)
    .flatMap(expandLine),
])
const places = words(japanesePlaces)
const states = words(americanStates)
const stateShared = words(americanThirdLevels)
/** Above a listed domain: `azure.com` above `cloudapp.azure.com`. */
const above = new Set([...listed].flatMap(ancestors))

/** True for a lower-case domain under which anybody can have a name: a top level, `co.uk`, `github.io`. */
export function isPublicSuffix(domain: string): boolean {
  const [first = '', second, third, ...more] = domain.split('.')
  if (second === undefined || listed.has(domain)) return true
  if (third === undefined) return isSecondLevelSuffix(first, second)
  return more.length === 0 && isTownSuffix(first, second, third)
}

function isSecondLevelSuffix(name: string, country: string): boolean {
  if (country.length !== 2) return false
  if (generic.has(name) || closed.has(country)) return true
  return (
    (country === 'jp' && places.has(name)) ||
    (country === 'us' && states.has(name)) ||
    (country === 'bg' && name.length === 1)
  )
}

/** `chiyoda.tokyo.jp`, but not the place's own `metro.tokyo.jp`; `k12.ca.us`. */
function isTownSuffix(town: string, place: string, country: string): boolean {
  if (country === 'jp') return places.has(place) && town !== 'pref' && town !== 'metro' && town !== 'city'
  return country === 'us' && states.has(place) && stateShared.has(town)
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
