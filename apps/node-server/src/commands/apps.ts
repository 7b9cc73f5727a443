import { checkApps } from './apps/check.js'
import { importDefinition } from './apps/import.js'
import { listApps } from './apps/list.js'
import { newApp } from './apps/new.js'
import { probeApps } from './apps/probe.js'
import { searchApps } from './apps/search.js'
import { showApp } from './apps/show.js'
import { UsageError } from './usage-error.js'

const commands: ReadonlyMap<string, (args: readonly string[]) => string | Promise<string>> = new Map<
  string,
  (args: readonly string[]) => string | Promise<string>
>([
  ['list', listApps],
  ['search', searchApps],
  ['show', showApp],
  ['check', checkApps],
  ['probe', probeApps],
  ['import', importDefinition],
  ['new', newApp],
])

/** `apps list | search | show | check | probe | import | new`; resolves to what is to be printed. */
export async function apps(args: readonly string[]): Promise<string> {
  const [name = '', ...rest] = args
  const command = commands.get(name)
  if (command === undefined) throw new UsageError(`apps takes one of ${[...commands.keys()].join(', ')}.`)
  return await command(rest)
}
