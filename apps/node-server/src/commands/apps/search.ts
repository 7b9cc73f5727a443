import { readOptions } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { UsageError } from '../usage-error.js'
import { appTable } from './app-table.js'
import { knownApps, matches } from './known-apps.js'

/** Shows the apps whose names or hosts hold all of the words. */
export function searchApps(args: readonly string[]): string {
  const { values, positionals: words } = readOptions(args, { json: { type: 'boolean' } })
  if (words.length === 0) throw new UsageError('apps search takes a word of a name, or a host.')
  const found = knownApps(values.config)
    .registry.list()
    .filter((app) =>
      words.every((word) => matches(app, word) || hosts(app.definition.connect).includes(word.toLowerCase())),
    )
  if (found.length === 0)
    throw new CommandFailed(`No app is called ${words.join(' ')}. "api-proxy apps new" makes one.`)
  return appTable(found, values.json)
}

function hosts({
  base_proxy_target_url: base = '',
  allowed_domains: domains = [],
}: {
  readonly base_proxy_target_url?: string
  readonly allowed_domains?: readonly string[]
}): string {
  return [base, ...domains].join(' ').toLowerCase()
}
