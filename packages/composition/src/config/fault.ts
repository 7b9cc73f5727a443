/** A place in the configuration: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** One thing that is wrong. The message never holds a value that could be a secret. */
export interface Fault {
  readonly path: Path
  readonly message: string
  /** The key at `path` is itself the fault, not its value. */
  readonly isKey?: boolean
  /** Known already, such as that of a syntax error; else it is found by the path. */
  readonly place?: Place
  /** Comes of a faulty app, and goes with it. */
  readonly isOfFaultyApp?: boolean
}

/** True for what concerns one app of the configuration and nothing else. */
export function isOfOneApp({ path: [section, index], isOfFaultyApp }: Fault): boolean {
  return isOfFaultyApp === true || (section === 'apps' && typeof index === 'number')
}

/** Where something stands in a file. */
export interface Place {
  /** From 1. */
  readonly line: number
  /** From 0, in characters of the whole file. */
  readonly offset: number
}

/** Everything that is wrong with a configuration, one line each, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** `projects[0].clients[1].id` */
function pathText(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** The faults, one line each, in the order of the file; `placeOf` says where the path of one stands in it. */
export function faultLines(
  file: string,
  faults: readonly Fault[],
  placeOf: (fault: Fault) => Place,
): readonly string[] {
  const located = faults
    .map((fault) => ({ ...fault, place: fault.place ?? placeOf(fault) }))
    .sort((one, other) => one.place.offset - other.place.offset)
  const lines = located.map(({ path, message, place }) => {
    const subject = pathText(path)
    return `${file}:${place.line}: ${subject === '' ? '' : `${subject}: `}${message}`
  })
  return [...new Set(lines)]
}
