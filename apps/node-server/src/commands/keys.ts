import { makeDataKey } from './keys/data-key.js'
import { rotateKeys } from './keys/rotate.js'
import { showKeys } from './keys/status.js'
import { showWebhookSecrets } from './keys/webhook-secrets.js'
import { UsageError } from './usage-error.js'

type Command = (args: readonly string[]) => Promise<string> | string

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['status', showKeys],
  ['rotate', rotateKeys],
  ['data-key', makeDataKey],
  ['webhook', showWebhookSecrets],
])

/** `keys status | rotate | data-key | webhook`; resolves to what is to be printed. */
export async function keys(args: readonly string[]): Promise<string> {
  const [name = '', ...rest] = args
  const command = commands.get(name)
  if (command === undefined) throw new UsageError(`keys takes one of ${[...commands.keys()].join(', ')}.`)
  return await command(rest)
}
