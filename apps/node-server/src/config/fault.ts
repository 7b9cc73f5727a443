/** A place in the configuration: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** One thing that is wrong. The message never holds a value that could be a secret. */
export interface Fault {
  readonly path: Path
  readonly message: string
  /** The key at `path` is itself the fault, not its value. */
  readonly isKey?: boolean
  /** Known already, such as that of a syntax error; else it is found by the path. */
  readonly line?: number
}

/** Everything that is wrong with a configuration, one line each, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** `projects[0].clients[1].id` */
export function pathText(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** The faults as one error; `lineOf` says where a path stands in the file. */
export function toConfigError(file: string, faults: readonly Fault[], lineOf: (fault: Fault) => number): ConfigError {
  const located = faults
    .map((fault) => ({ ...fault, line: fault.line ?? lineOf(fault) }))
    .sort((one, other) => one.line - other.line)
  const lines = located.map(({ path, message, line }) => {
    const place = pathText(path)
    return `${file}:${line}: ${place === '' ? '' : `${place}: `}${message}`
  })
  return new ConfigError([...new Set(lines)].join('\n'))
}
