/** What a pattern is made of. Ranges are pairs of code units, both ends included. */
export type PatternNode =
  | { readonly kind: 'set'; readonly ranges: readonly Range[]; readonly isNegated: boolean }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly least: number; readonly most: number }

export type Range = readonly [number, number]

const classes: Readonly<Record<string, readonly Range[]>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 13],
    [32, 32],
  ],
}
const repeatMost = 1000

interface Reader {
  readonly text: string
  position: number
}

/**
 * Reads the part of regular expressions that a field's pattern may use: characters, `.`, classes, `\d \w \s`, groups,
 * `|` and counts. `^` and `$` may stand at the ends and change nothing, since the whole value is matched. Throws an
 * error that says what it does not offer.
 */
export function parsePattern(text: string): PatternNode {
  const inner = text.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  const reader = { text: inner, position: 0 }
  const node = readChoice(reader)
  if (reader.position < inner.length) throw new Error('has a ) without its (')
  return node
}

function readChoice(reader: Reader): PatternNode {
  const nodes = [readSequence(reader)]
  while (reader.text[reader.position] === '|') {
    reader.position += 1
    nodes.push(readSequence(reader))
  }
  return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'choice', nodes }
}

function readSequence(reader: Reader): PatternNode {
  const nodes: PatternNode[] = []
  for (let next = reader.text[reader.position]; next !== undefined && next !== '|' && next !== ')'; ) {
    nodes.push(readCount(reader, readAtom(reader)))
    next = reader.text[reader.position]
  }
  return { kind: 'sequence', nodes }
}

function readCount(reader: Reader, node: PatternNode): PatternNode {
  const [found, simple, least, range, most] = take(reader, /([*+?])|\{(\d{1,4})(,(\d{1,4})?)?\}/y) ?? []
  if (found === undefined) return node
  if (/[*+?{]/.test(reader.text[reader.position] ?? '')) throw new Error('has a count behind a count')
  if (simple !== undefined) {
    return { kind: 'repeat', node, least: simple === '+' ? 1 : 0, most: simple === '?' ? 1 : Number.POSITIVE_INFINITY }
  }
  const from = Number(least)
  const to = range === undefined ? from : most === undefined ? Number.POSITIVE_INFINITY : Number(most)
  if (from > to || from > repeatMost || (to > repeatMost && to !== Number.POSITIVE_INFINITY)) {
    throw new Error(`has a count that is not between 0 and ${repeatMost}`)
  }
  return { kind: 'repeat', node, least: from, most: to }
}

function readAtom(reader: Reader): PatternNode {
  if (take(reader, /\((?!\?)|\(\?:/y) !== undefined) {
    const node = readChoice(reader)
    if (take(reader, /\)/y) === undefined) throw new Error('has a ( without its )')
    return node
  }
  if (take(reader, /\[/y) !== undefined) return readClass(reader)
  if (take(reader, /\./y) !== undefined) return { kind: 'set', ranges: [[10, 10]], isNegated: true }
  const escaped = readEscape(reader)
  if (escaped !== undefined) return { kind: 'set', ranges: escaped, isNegated: false }
  const plain = take(reader, /[^\\^$*+?()[\]{}|]/y)?.[0]
  if (plain === undefined)
    throw new Error(`cannot hold ${reader.text.slice(reader.position, reader.position + 3)} there`)
  return { kind: 'set', ranges: [single(plain)], isNegated: false }
}

function readClass(reader: Reader): PatternNode {
  const isNegated = take(reader, /\^/y) !== undefined
  const ranges: Range[] = []
  while (take(reader, /\]/y) === undefined) {
    const escaped = readEscape(reader)
    const plain = escaped === undefined ? take(reader, /[^\\\]]/y)?.[0] : undefined
    if (escaped === undefined && plain === undefined) throw new Error('has a [ without its ]')
    const start = escaped ?? [single(plain ?? '')]
    const low = start.length === 1 && start[0]?.[0] === start[0]?.[1] ? start[0]?.[0] : undefined
    const high = low === undefined ? undefined : take(reader, /-(?:\\([^A-Za-z0-9])|([^\\\]]))/y)
    if (low === undefined || high === undefined) {
      ranges.push(...start)
      continue
    }
    const end = (high[1] ?? high[2] ?? '').charCodeAt(0)
    if (end < low) throw new Error('has a range that ends before it begins')
    ranges.push([low, end])
  }
  return { kind: 'set', ranges, isNegated }
}

function readEscape(reader: Reader): readonly Range[] | undefined {
  const escaped = take(reader, /\\(.)/sy)?.[1]
  if (escaped === undefined) return undefined
  const known = Object.hasOwn(classes, escaped) ? classes[escaped] : undefined
  if (known !== undefined) return known
  if (/[A-Za-z0-9]/.test(escaped)) throw new Error(`does not know \\${escaped}`)
  return [single(escaped)]
}

function single(character: string): Range {
  const code = character.charCodeAt(0)
  return [code, code]
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.position
  const found = pattern.exec(reader.text)
  if (found === null) return undefined
  reader.position += found[0].length
  return found
}
