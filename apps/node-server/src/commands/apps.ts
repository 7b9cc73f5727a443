import { checkApps } from './apps/check.js'
import { UsageError } from './usage-error.js'

const commands: ReadonlyMap<string, (args: readonly string[]) => string> = new Map([['check', checkApps]])

/** `apps check`; what is to be printed. */
export async function apps(args: readonly string[]): Promise<string> {
  const [name = '', ...rest] = args
  const command = commands.get(name)
  if (command === undefined) throw new UsageError(`apps takes one of ${[...commands.keys()].join(', ')}.`)
  return command(rest)
}
