import { isRecord } from './json-record.js'
import { malformed } from './malformed.js'
import { percentEncoded } from './read-path.js'

type Pair = readonly [name: string, value: string]

/** A query that the front decoded, encoded again: the same names and values, though not always the same spelling. */
export function decodedQuery(single: unknown, multiple: unknown): string {
  return readPairs(single, multiple)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join('&')
}

/** A query that the front took apart and left as it was otherwise. */
export function rawQuery(single: unknown, multiple: unknown): string {
  return readPairs(single, multiple)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** From the map with all values where there is one; a second map must not say anything else. */
function readPairs(single: unknown, multiple: unknown): readonly Pair[] {
  const singles = pairsOf(single, 'queryStringParameters')
  if (multiple === undefined || multiple === null) return singles
  const pairs = pairsOf(multiple, 'multiValueQueryStringParameters')
  if (single !== undefined && single !== null && !agree(singles, pairs)) {
    throw malformed('The event has two queries that contradict each other.')
  }
  return pairs
}

function pairsOf(map: unknown, name: string): Pair[] {
  if (map === undefined || map === null) return []
  if (!isRecord(map)) throw malformed(`The event's ${name} is no map.`)
  return Object.entries(map).flatMap(([key, given]) =>
    (Array.isArray(given) ? given : [given]).map((value: unknown): Pair => {
      if (typeof value !== 'string') throw malformed(`The event's ${name} holds something other than texts.`)
      return [key, value]
    }),
  )
}

function agree(singles: readonly Pair[], pairs: readonly Pair[]): boolean {
  const names = new Set(pairs.map(([name]) => name))
  return (
    names.size === singles.length &&
    singles.every(([name, value]) => pairs.some((pair) => pair[0] === name && pair[1] === value))
  )
}
