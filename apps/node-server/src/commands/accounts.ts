import { checkAccounts } from './accounts/check.js'
import { exportAccounts } from './accounts/export.js'
import { importAccounts } from './accounts/import.js'
import { listAccounts } from './accounts/list.js'
import { UsageError } from './usage-error.js'

const commands: ReadonlyMap<string, (args: readonly string[]) => Promise<string | undefined>> = new Map([
  ['list', listAccounts],
  ['check', checkAccounts],
  ['import', importAccounts],
  ['export', exportAccounts],
])

/** `accounts list | check | import | export`; resolves to what is to be printed. */
export async function accounts(args: readonly string[]): Promise<string | undefined> {
  const [name = '', ...rest] = args
  const command = commands.get(name)
  if (command === undefined) throw new UsageError(`accounts takes one of ${[...commands.keys()].join(', ')}.`)
  return await command(rest)
}
