import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { sealerOf } from '@proxy/composition'
import { readOptions, refuseMore, selection } from '../arguments.js'
import { withState } from '../command-state.js'
import { progress } from '../progress.js'
import { UsageError } from '../usage-error.js'
import { accountToLine } from './account-line.js'
import { eachAccount } from './each-account.js'

/** Writes accounts as JSON lines, their secrets sealed unless `--plain`. */
export async function exportAccounts(args: readonly string[]): Promise<string | undefined> {
  const { values, positionals } = readOptions(args, {
    ...selection,
    out: { type: 'string', short: 'o' },
    plain: { type: 'boolean' },
  })
  refuseMore(positionals)
  return await withState(values.config, async ({ config, storage }) => {
    if (!values.plain && config.encryption === undefined) {
      throw new UsageError('encryption.keys is needed to seal the export; --plain writes the secrets as they are.')
    }
    const sealer = values.plain ? undefined : sealerOf(config)
    const out = values.out === undefined ? process.stdout : createFile(values.out)
    const { tell, end } = progress('accounts')
    let count = 0
    for await (const account of eachAccount(config, storage, values)) {
      await write(out, `${accountToLine(account, sealer)}\n`)
      count += 1
      tell(count)
    }
    end(count)
    if (out === process.stdout) return undefined
    out.end()
    await finished(out)
    return `${count} accounts in ${values.out}, ${values.plain ? 'in plain: keep it as you keep passwords' : 'sealed'}`
  })
}

/** For this user alone; never in place of a file that is there. */
function createFile(path: string): Writable {
  return createWriteStream(path, { flags: 'wx', mode: 0o600 })
}

async function write(out: Writable, text: string): Promise<void> {
  if (out.errored !== null) throw out.errored
  if (!out.write(text)) await once(out, 'drain')
}
