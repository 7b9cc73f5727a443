import { sealerOf } from '@proxy/composition'
import type { Account } from '@proxy/core'
import { readOptions, refuseMore, selection } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { type CommandState, withState } from '../command-state.js'
import { progress } from '../progress.js'
import { UsageError } from '../usage-error.js'
import { scopesOf } from './each-account.js'
import type { ImportContext, ImportFormat, ImportSource } from './import-format.js'
import { importFromNango, nangoOptions } from './import-nango.js'
import { jsonLines } from './json-lines.js'
import { openSource } from './source.js'
import { type Stored, storeAccount } from './store-account.js'

/** What `--from` may name. */
const formats: ReadonlyMap<string, ImportFormat> = new Map([['jsonl', jsonLines]])

const atOnce = 64
const faultsShown = 100

/** Stores the accounts of a file, when there is nothing wrong with any of them. */
export async function importAccounts(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, {
    project: selection.project,
    environment: selection.environment,
    from: { type: 'string', default: 'jsonl' },
    replace: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    ...nangoOptions,
  })
  if (values.from === 'nango') {
    refuseMore(positionals)
    return await importFromNango(values)
  }
  for (const name of Object.keys(nangoOptions)) {
    if (values[name as keyof typeof nangoOptions] !== undefined) throw new UsageError(`--${name} is for --from nango.`)
  }
  const [path, ...more] = positionals
  refuseMore(more)
  if (path === undefined) throw new UsageError('accounts import needs a file, or - for standard input.')
  const format = formats.get(values.from)
  if (format === undefined) throw new UsageError(`--from is one of ${[...formats.keys(), 'nango'].join(', ')}.`)
  const source = await openSource(path)
  return await withState(values.config, async (state) => {
    const context = contextOf(state, values)
    const total = await checkRows(source, format, context)
    if (values['dry-run']) return `${total} accounts, and nothing is wrong with them. None was stored.`
    return await storeRows(source, format, context, state, values.replace)
  })
}

function contextOf(
  { config, clock }: CommandState,
  wish: { readonly project?: string | undefined; readonly environment?: string | undefined },
): ImportContext {
  const [scope] = scopesOf(config, wish)
  return {
    config,
    sealer: config.encryption === undefined ? undefined : sealerOf(config),
    project: wish.project,
    environment: wish.environment === undefined ? undefined : scope?.environment,
    now: clock.now(),
  }
}

/** Reads everything once. Throws with all faults, so that nothing is stored of a file that has some. */
async function checkRows(source: ImportSource, format: ImportFormat, context: ImportContext): Promise<number> {
  const faults: string[] = []
  const seen = new Map<string, number>()
  let total = 0
  for await (const { line, account, faults: own } of format.read(source, context)) {
    total += 1
    faults.push(...own.map((fault) => `${source.name}:${line}: ${fault}`))
    if (account === undefined) continue
    const { project, environment, id, app, externalId } = account
    for (const [field, name] of [
      ['id', JSON.stringify([project, environment, id])],
      ['external_id', JSON.stringify([project, environment, app, externalId, 'external'])],
    ] as const) {
      const before = seen.get(name)
      if (before !== undefined) faults.push(`${source.name}:${line}: ${field}: is the same as on line ${before}`)
      seen.set(name, line)
    }
  }
  if (faults.length === 0) return total
  const shown = faults.slice(0, faultsShown)
  const rest = faults.length - shown.length
  throw new CommandFailed([...shown, ...(rest > 0 ? [`and ${rest} more`] : []), 'Nothing was stored.'].join('\n'))
}

async function storeRows(
  source: ImportSource,
  format: ImportFormat,
  context: ImportContext,
  { storage }: CommandState,
  replaces: boolean,
): Promise<string> {
  const counts: Record<Stored, number> = { created: 0, replaced: 0, unchanged: 0, kept: 0 }
  const faults: string[] = []
  const { tell, end } = progress('accounts')
  let done = 0

  async function store(line: number, account: Account): Promise<void> {
    try {
      counts[await storeAccount(storage, account, replaces)] += 1
    } catch (error) {
      faults.push(`${source.name}:${line}: ${error instanceof Error ? error.message : 'cannot be stored'}`)
    }
    done += 1
    tell(done)
  }

  let batch: Promise<void>[] = []
  for await (const { line, account } of format.read(source, context)) {
    if (account !== undefined) batch.push(store(line, account))
    if (batch.length < atOnce) continue
    await Promise.all(batch)
    batch = []
  }
  await Promise.all(batch)
  end(done)
  const { created, replaced, unchanged, kept } = counts
  const summary = `${created} created, ${replaced} replaced, ${unchanged} unchanged, ${kept} kept as they are${
    kept > 0 ? ' (--replace would overwrite them)' : ''
  }`
  if (faults.length > 0) throw new CommandFailed([...faults.slice(0, faultsShown), summary].join('\n'))
  return summary
}
