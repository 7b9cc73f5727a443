import { type Account, isoTimeOf } from '@proxy/core'
import { readOptions, refuseMore, selection } from '../arguments.js'
import { withState } from '../command-state.js'
import { table } from '../table.js'
import { eachAccount } from './each-account.js'

/** Shows accounts without anything secret. */
export async function listAccounts(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, {
    ...selection,
    dead: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  refuseMore(positionals)
  return await withState(values.config, async ({ config, storage }) => {
    const rows: Account[] = []
    for await (const account of eachAccount(config, storage, values)) {
      if (!values.dead || account.dead) rows.push(account)
    }
    if (values.json) return rows.map((account) => JSON.stringify(shown(account))).join('\n')
    const cells = rows.map((account) => {
      const { id, project, environment, app, user, state, expires_at = '' } = shown(account)
      return [id, project, environment, app, user, state, expires_at]
    })
    return table(['ID', 'PROJECT', 'ENVIRONMENT', 'APP', 'USER', 'STATE', 'TOKEN ENDS'], cells)
  })
}

function shown(account: Account) {
  const { id, project, environment, app, externalUserId, externalId, name, dead, error, expiresAt } = account
  return {
    id,
    project,
    environment,
    app,
    user: externalUserId,
    external_id: externalId,
    name,
    state: dead ? 'dead' : error === undefined ? 'healthy' : 'failing',
    error,
    expires_at: isoTimeOf(expiresAt),
  }
}
