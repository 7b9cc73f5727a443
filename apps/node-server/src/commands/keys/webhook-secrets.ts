import { ConfigError } from '@proxy/composition'
import { webhookSecret } from '@proxy/dialect-pipedream'
import { readOptions, refuseMore } from '../arguments.js'
import { readConfig } from '../command-state.js'
import { table } from '../table.js'
import { UsageError } from '../usage-error.js'

/** The secrets by which the receivers of webhooks know that they are genuine. */
export function showWebhookSecrets(args: readonly string[]): string {
  const { values, positionals } = readOptions(args, { project: { type: 'string' } })
  refuseMore(positionals)
  const { projects, tokens } = readConfig(values.config)
  if (tokens === undefined) throw new ConfigError('tokens.signingKeys is needed: the secrets are made of them.')
  const chosen = projects.filter(({ id }) => values.project === undefined || id === values.project)
  if (chosen.length === 0) throw new UsageError(`The configuration has no project "${values.project}".`)
  const rows = chosen.flatMap(({ id }) => tokens.signingKeys.map((key) => [id, webhookSecret(key, id)]))
  return table(['PROJECT', 'SECRET'], rows)
}
