import { type Document, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { Fault, Path, Place } from './fault.js'

/** A configuration file as read: data, what is wrong with its syntax, and where things stand in it. */
export interface ConfigSource {
  readonly data: unknown
  readonly faults: readonly Fault[]
  /** Of the nearest thing above it when the fault is that something is missing. */
  placeOf(fault: Fault): Place
}

/** Reads YAML, or JSON, which is YAML too and is read the fast way. */
export function readSource(text: string): ConfigSource {
  const lines = new LineCounter()
  let document: Document.Parsed | undefined
  const parse = (): Document.Parsed => {
    document ??= parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
    return document
  }
  const at = (offset: number): Place => ({ line: lines.linePos(offset).line, offset })
  const placeOf = ({ path, isKey = false }: Fault): Place => at(offsetOf(parse(), path, isKey))
  const json = parseJson(text)
  if (json !== undefined) return { data: json, faults: [], placeOf }

  const faults = syntaxFaults(parse(), at)
  return { data: faults.length > 0 ? undefined : dataOf(parse(), faults, at), faults, placeOf }
}

type Locate = (offset: number) => Place

/** Behind a colon the parser quotes the text, which may be a secret. */
function syntaxFaults(document: Document.Parsed, at: Locate): Fault[] {
  const faults = document.errors.map(({ message, pos }) => syntaxFault(message.split(':', 1)[0] ?? '', at(pos[0])))
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return
      faults.push(syntaxFault('An alias names no anchor before it', at(startOf(alias) ?? 0)))
    },
  })
  return faults
}

function dataOf(document: Document.Parsed, faults: Fault[], at: Locate): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    faults.push(syntaxFault('There are too many aliases', at(0)))
    return undefined
  }
}

function syntaxFault(message: string, place: Place): Fault {
  return { path: [], message: `is not valid YAML: ${message}`, place }
}

function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function offsetOf(document: Document.Parsed, path: Path, isKey: boolean): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      )
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      if (isKey && depth === path.length - 1) return offset
      node = pair.value
    } else {
      node = document.getIn(path.slice(0, depth + 1), true)
    }
    const start = startOf(node)
    if (start === undefined) return offset
    // A map or list begins on the line after its key: the key says more.
    if (isScalar(node) || typeof part === 'number') offset = start
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}
