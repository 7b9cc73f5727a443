import { existsSync } from 'node:fs'
import { catalogApps } from '@proxy/catalog'
import { type Config, defaultConfigFile } from '@proxy/composition'
import { type AppRegistry, createAppRegistry, type ListedApp } from '@proxy/core'
import { readProcessSettings } from '../../config.js'
import { readConfig } from '../command-state.js'
import { UsageError } from '../usage-error.js'

export interface KnownApps {
  readonly registry: AppRegistry
  /** Undefined where there is no configuration: then there is the catalogue alone. */
  readonly config: Config | undefined
}

/** The apps of the configuration and the catalogue. A configuration is not needed, unless one is named. */
export function knownApps(configOption: string | undefined): KnownApps {
  const isThere = (configOption ?? readProcessSettings().configFile) !== undefined || existsSync(defaultConfigFile)
  if (!isThere) return { registry: createAppRegistry([], { catalog: catalogApps() }), config: undefined }
  const config = readConfig(configOption)
  return { registry: config.registry, config }
}

/** By slug, alias or id; throws a `UsageError` that names those which are meant, perhaps. */
export function requireApp(registry: AppRegistry, name: string): ListedApp {
  const slug = (registry.find(name) ?? registry.findById(name))?.slug
  const found = registry.list().find((app) => app.slug === slug)
  if (found !== undefined) return found
  const similar = registry.list().filter((app) => matches(app, name))
  const hint =
    similar.length === 0
      ? ''
      : ` Perhaps ${similar
          .slice(0, 5)
          .map((app) => app.slug)
          .join(', ')}?`
  throw new UsageError(`There is no app ${name}.${hint}`)
}

/** Whether a word is in a name of the app. */
export function matches({ definition, slug }: ListedApp, word: string): boolean {
  const wanted = word.toLowerCase()
  return [definition.name, slug, ...(definition.aliases ?? [])].some((name) => name.toLowerCase().includes(wanted))
}
