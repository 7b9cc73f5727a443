import { sealerOf } from '@proxy/composition'
import { resealClients } from '../../reseal.js'
import { readOptions, refuseMore } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { type CommandState, withState } from '../command-state.js'
import { progress } from '../progress.js'
import { eachSealedAccount, readKeyUsage } from './key-usage.js'
import { keysOf } from './status.js'

/** Seals with the first key what another one sealed. Reads and writes of servers go on meanwhile. */
export async function rotateKeys(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, {})
  refuseMore(positionals)
  return await withState(values.config, async (state) => {
    const first = keysOf(state.config)[0]?.id ?? ''
    const clients = await resealClients(state.storage, sealerOf(state.config))
    const accounts = await resealAccounts(state, first)
    await state.compact?.()
    await requireRotated(state, first)
    const file = state.compact === undefined ? 'nothing of the storage file' : 'the storage file'
    const what = accounts === undefined ? file : `${accounts} accounts`
    return `Sealed anew: ${what}, ${clients} OAuth clients. Everything is sealed with the key ${first}.`
  })
}

const atOnce = 64

/** Undefined where accounts are not sealed one by one. */
async function resealAccounts(state: CommandState, first: string): Promise<number | undefined> {
  const { config, sealed, storage } = state
  if (sealed === undefined) return undefined
  const { tell, end } = progress('accounts')
  let seen = 0
  let count = 0
  let batch: Promise<boolean>[] = []
  const settle = async (): Promise<void> => {
    count += (await Promise.all(batch)).filter(Boolean).length
    batch = []
  }
  for await (const { scope, id, keyId } of eachSealedAccount(config, sealed)) {
    seen += 1
    tell(seen)
    if (keyId !== first) batch.push(resealAccount(storage, scope, id))
    if (batch.length >= atOnce) await settle()
  }
  await settle()
  end(seen)
  return count
}

/** What is written is sealed with the first key. Somebody else's write in between has done the same. */
async function resealAccount(
  storage: CommandState['storage'],
  scope: Parameters<CommandState['storage']['readAccount']>[0],
  id: string,
): Promise<boolean> {
  const account = await storage.readAccount(scope, id)
  return account !== undefined && (await storage.writeAccount(account, account.version)) !== undefined
}

async function requireRotated(state: CommandState, first: string): Promise<void> {
  const { stored, oauthClients, unit } = await readKeyUsage(state, sealerOf(state.config))
  const left = [...stored, ...oauthClients].filter(([id]) => id !== first)
  if (left.length === 0) return
  const count = left.reduce((sum, [, number]) => sum + number, 0)
  throw new CommandFailed(
    state.isServerRunning && unit === 'lines'
      ? `${count} lines of the storage file are sealed with other keys, and a server has the file open. It seals the file anew by itself when it is restarted with the key ${first} as the first one.`
      : `${count} records are still sealed with other keys. Servers that have another first key went on writing: give all of them the key ${first} as the first one, and run this again.`,
  )
}
