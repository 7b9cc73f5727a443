import { readOptions, refuseMore } from '../arguments.js'
import { appTable } from './app-table.js'
import { knownApps } from './known-apps.js'

/** Shows the apps that accounts may be of. */
export function listApps(args: readonly string[]): string {
  const { values, positionals } = readOptions(args, { category: { type: 'string' }, json: { type: 'boolean' } })
  refuseMore(positionals)
  const { category } = values
  const apps = knownApps(values.config).registry.list()
  const chosen = apps.filter(({ definition }) => category === undefined || definition.categories?.includes(category))
  return appTable(chosen, values.json)
}
