/** A request as a front took it from the wire. */
export interface FrontRequest {
  readonly method: string
  /** As sent. */
  readonly path: string
  /** As sent, without the question mark. */
  readonly query: string
  /** Flat. */
  readonly headers: readonly string[]
  readonly body: Buffer
  readonly sourceIp: string
}

/** What no front hands on: it belongs to the connection, or frames the message. */
const ownHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect'])

export function headerPairs({ headers }: FrontRequest): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (!ownHeaders.has(name.toLowerCase())) pairs.push([name, headers[index + 1] ?? ''])
  }
  return pairs
}

/** Every value of each name, in order of first appearance. */
export function grouped(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const values = groups.get(name)
    if (values === undefined) groups.set(name, [value])
    else values.push(value)
  }
  return groups
}

export function joinedBy(groups: ReadonlyMap<string, readonly string[]>, join: (values: readonly string[]) => string) {
  return Object.fromEntries([...groups].map(([name, values]) => [name, join(values)]))
}

export function lastOf(values: readonly string[]): string {
  return values.at(-1) ?? ''
}
