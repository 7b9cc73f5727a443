import { ownText } from '../shared-text.js'

/**
 * The names and values of an answer's head (flat, Latin-1), as the parser found them. They are parts of one piece of
 * memory as a rule, and to decode that piece once costs a fifth of decoding each part.
 */
export function headerTexts(raw: readonly Buffer[]): string[] {
  const whole = wholeOf(raw)
  return whole === undefined ? raw.map((part) => part.toString('latin1')) : cut(whole, raw)
}

function wholeOf(raw: readonly Buffer[]): string | undefined {
  const first = raw[0]
  const last = raw[raw.length - 1]
  if (first === undefined || last === undefined) return undefined
  const memory = first.buffer
  const from = first.byteOffset
  const to = last.byteOffset + last.length
  for (const part of raw) {
    // A part that came in two pieces was put together elsewhere.
    if (part.buffer !== memory || part.byteOffset < from || part.byteOffset + part.length > to) return undefined
  }
  return Buffer.from(memory, from, to - from).toString('latin1')
}

function cut(whole: string, raw: readonly Buffer[]): string[] {
  const texts = new Array<string>(raw.length)
  const from = raw[0]?.byteOffset ?? 0
  let misses = 0
  for (let index = 0; index < raw.length; index++) {
    const part = raw[index] as Buffer
    const start = part.byteOffset - from
    const end = start + part.length
    if (index % 2 === 0 && misses < missesMost) {
      const name = nameAt(whole, start, end)
      if (name === undefined) misses += 1
      texts[index] = name ?? keep(whole.slice(start, end))
    } else {
      texts[index] = whole.slice(start, end)
    }
  }
  return texts
}

/** Names met before, a few: what looks a name up finds its hash, and compares it by its address. */
const names = new Array<string | undefined>(1024)
const keptLength = 40
/** In one head: to miss is to search all of it, and a head may hold thousands of names. */
const missesMost = 4

function nameAt(whole: string, start: number, end: number): string | undefined {
  const known = names[placeOf(whole.charCodeAt(start), end - start)]
  // `startsWith` would compare letter by letter, at three times the cost.
  return known?.length === end - start && whole.indexOf(known, start) === start ? known : undefined
}

function keep(slice: string): string {
  const name = ownText(slice)
  if (name.length <= keptLength) names[placeOf(name.charCodeAt(0), name.length)] = name
  return name
}

function placeOf(firstLetter: number, length: number): number {
  return ((length << 5) ^ firstLetter) % names.length
}
