import { defaultConfigFile, loadConfig } from '@proxy/composition'
import { readProcessSettings } from '../config.js'
import { describeProviders } from './describe-providers.js'

/** Reads a configuration and says what it holds; throws a `ConfigError` with everything that is wrong with it. */
export function check(configOption: string | undefined): string {
  const settings = readProcessSettings()
  const file = configOption ?? settings.configFile ?? defaultConfigFile
  const { registry, projects, accounts, publicUrl, providerReport } = loadConfig(file, settings.variables)
  const clients = projects.reduce((sum, project) => sum + project.clients.length, 0)
  const keys = projects.reduce((sum, project) => sum + project.secretKeys.length, 0)
  return [
    `${file} is fine.`,
    `${publicUrl}: ${projects.length} projects, ${clients} clients, ${keys} keys, ${registry.list().length} apps, ${accounts.length} accounts`,
    ...describeProviders(providerReport),
  ].join('\n')
}
