import { defaultConfigFile, loadConfig } from '@proxy/composition'
import type { AppRegistry } from '@proxy/core'
import { readProcessSettings } from '../config.js'
import { describeProviders } from './describe-providers.js'

/** Reads a configuration and says what it holds; throws a `ConfigError` with everything that is wrong with it. */
export function check(configOption: string | undefined): string {
  const settings = readProcessSettings()
  const file = configOption ?? settings.configFile ?? defaultConfigFile
  const { registry, projects, accounts, publicUrl, providerReport } = loadConfig(file, settings.variables, {
    strict: true,
  })
  const clients = projects.reduce((sum, project) => sum + project.clients.length, 0)
  const keys = projects.reduce((sum, project) => sum + project.secretKeys.length, 0)
  return [
    `${file} is fine.`,
    `${publicUrl}: ${projects.length} projects, ${clients} clients, ${keys} keys, ${countApps(registry)}, ${accounts.length} accounts`,
    ...describeProviders(providerReport),
  ].join('\n')
}

function countApps(registry: AppRegistry): string {
  const all = registry.list()
  const own = all.filter(({ isFromCatalog }) => !isFromCatalog).length
  return own === all.length ? `${own} apps` : `${own} apps beside ${all.length - own} of the catalogue`
}
