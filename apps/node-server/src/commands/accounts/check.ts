import type { Account } from '@proxy/core'
import { readOptions, selection } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { type CommandState, withState } from '../command-state.js'
import { table } from '../table.js'
import { eachAccount, scopesOf } from './each-account.js'
import { createHealthCaller, type Health } from './health-caller.js'

const atOnce = 8

/** Calls each account's API with its credential. Throws, with the table, when one did not work. */
export async function checkAccounts(args: readonly string[]): Promise<string> {
  const { values, positionals: ids } = readOptions(args, { ...selection, json: { type: 'boolean' } })
  return await withState(values.config, async (state) => {
    const accounts = await choose(state, values, ids)
    const results = await callAll(state, accounts)
    const text = values.json ? results.map(asJson).join('\n') : asTable(results)
    const missing = ids.filter((id) => !accounts.some((account) => account.id === id))
    const isFine = missing.length === 0 && results.every(({ outcome }) => outcome === 'ok' || outcome === 'skipped')
    if (isFine) return text
    throw new CommandFailed([text, ...missing.map((id) => `There is no account ${id}.`)].join('\n'))
  })
}

type Result = Health & { readonly account: Account }

async function choose(
  { config, storage }: CommandState,
  selected: Parameters<typeof eachAccount>[2],
  ids: readonly string[],
): Promise<readonly Account[]> {
  const chosen: Account[] = []
  if (ids.length === 0) {
    for await (const account of eachAccount(config, storage, selected)) chosen.push(account)
    return chosen
  }
  for (const scope of scopesOf(config, selected)) {
    for (const id of new Set(ids)) {
      const account = await storage.readAccount(scope, id)
      if (account !== undefined) chosen.push(account)
    }
  }
  return chosen
}

async function callAll(state: CommandState, accounts: readonly Account[]): Promise<readonly Result[]> {
  const caller = createHealthCaller(state)
  const results: Result[] = []
  try {
    for (let start = 0; start < accounts.length; start += atOnce) {
      const batch = accounts.slice(start, start + atOnce)
      results.push(...(await Promise.all(batch.map(async (account) => ({ account, ...(await caller.call(account)) })))))
    }
  } finally {
    await caller.close()
  }
  return results
}

function asTable(results: readonly Result[]): string {
  const rows = results.map(({ account: { id, project, environment, app }, outcome, reason }) => {
    return [id, project, environment, app, outcome, reason]
  })
  return table(['ID', 'PROJECT', 'ENVIRONMENT', 'APP', 'RESULT', 'REASON'], rows)
}

function asJson({ account: { id, project, environment, app }, outcome, reason }: Result): string {
  return JSON.stringify({ id, project, environment, app, result: outcome, reason })
}
