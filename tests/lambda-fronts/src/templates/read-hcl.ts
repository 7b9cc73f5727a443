/** One block of a Terraform file. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  /** The source of each attribute's value. */
  readonly attributes: Readonly<Record<string, string>>
  readonly blocks: readonly Block[]
}

type Token = readonly [kind: 'name' | 'text' | 'mark' | 'line', source: string, offset: number]

const grammar =
  /(?<space>[ \t\r]+|#[^\n]*|\/\/[^\n]*)|(?<line>\n)|(?<text>"(?:[^"\\\n$]|\\.|\$\{(?:[^{}"]|"[^"]*")*\}|\$(?!\{))*")|(?<name>[A-Za-z_][\w-]*)|(?<mark>[{}[\]()=,.:?*<>!&|+\-/%]|\d+(?:\.\d+)?)/y

function tokens(source: string): Token[] {
  const found: Token[] = []
  grammar.lastIndex = 0
  while (grammar.lastIndex < source.length) {
    const offset = grammar.lastIndex
    const groups = grammar.exec(source)?.groups
    if (groups === undefined) throw new Error(`line ${lineOf(source, offset)} cannot be read`)
    for (const kind of ['line', 'text', 'name', 'mark'] as const) {
      const text = groups[kind]
      if (text !== undefined) found.push([kind, text, offset])
    }
  }
  return found
}

/** The blocks of a file, by the structure of HCL: attributes, blocks with labels, balanced values. Throws what is not. */
export function readHcl(source: string): readonly Block[] {
  const all = tokens(source)
  let at = 0
  const peek = (): Token | undefined => all[at]
  const fail = (what: string): Error => new Error(`line ${lineOf(source, peek()?.[2] ?? source.length)}: ${what}`)
  const skipLines = (): void => {
    while (peek()?.[0] === 'line') at += 1
  }

  function body(isNested: boolean): Pick<Block, 'attributes' | 'blocks'> {
    const attributes: Record<string, string> = {}
    const blocks: Block[] = []
    for (;;) {
      skipLines()
      const token = peek()
      if (token === undefined || token[1] === '}') {
        if ((token === undefined) === isNested) throw fail(isNested ? 'a block is not closed' : 'a brace too many')
        at += 1
        return { attributes, blocks }
      }
      if (token[0] !== 'name') throw fail('a name is missing')
      at += 1
      if (peek()?.[1] === '=') {
        at += 1
        if (token[1] in attributes) throw fail(`${token[1]} is set twice`)
        attributes[token[1]] = value()
      } else blocks.push(block(token[1]))
    }
  }

  function block(type: string): Block {
    const labels: string[] = []
    while (peek()?.[0] === 'text') {
      labels.push(JSON.parse(peek()?.[1] ?? '') as string)
      at += 1
    }
    if (peek()?.[1] !== '{') throw fail('a brace is missing')
    at += 1
    return { type, labels, ...body(true) }
  }

  /** To the end of the line, or of the brackets that were opened in it. */
  function value(): string {
    const open: string[] = []
    const from = peek()?.[2] ?? 0
    const first = at
    for (;;) {
      const token = peek()
      if (token === undefined || (open.length === 0 && (token[0] === 'line' || token[1] === '}'))) break
      if ('{[('.includes(token[1])) open.push({ '{': '}', '[': ']', '(': ')' }[token[1]] ?? '')
      else if (token[0] === 'mark' && '}])'.includes(token[1]) && open.pop() !== token[1]) throw fail('brackets cross')
      at += 1
    }
    if (open.length > 0) throw fail('a bracket is not closed')
    if (at === first) throw fail('a value is missing')
    return source.slice(from, peek()?.[2]).trim()
  }

  return body(false).blocks
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length
}
