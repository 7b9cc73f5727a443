import { readOptions, refuseMore } from '../arguments.js'
import { readConfig } from '../command-state.js'
import { describeProviders } from '../describe-providers.js'

/** Says how many apps there are, and which providers of the provider file are none, and why. */
export function checkApps(args: readonly string[]): string {
  const { values, positionals } = readOptions(args, {})
  refuseMore(positionals)
  const { registry, providerReport } = readConfig(values.config)
  return [`${registry.list().length} apps`, ...describeProviders(providerReport)].join('\n')
}
