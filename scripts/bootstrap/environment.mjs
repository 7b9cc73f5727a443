import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where locks and stamps are kept; ignored by git. */
export const stateFolder = join(root, '.bootstrap')

// npm hands its whole configuration to the scripts it runs, and pnpm would take it as its own. What says how to reach
// a registry stays.
const keptNpmVariables = new Set([
  'npm_config_registry',
  'npm_config_userconfig',
  'npm_config_cafile',
  'npm_config_proxy',
  'npm_config_https_proxy',
  'npm_config_cache',
  'npm_config_store_dir',
])

/** This process's environment without npm's own variables, with the pinned pnpm and this Node first on the PATH. */
export function cleanEnvironment(environment = process.env) {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('npm_') || keptNpmVariables.has(name))
  return {
    ...Object.fromEntries(kept),
    PATH: [
      join(root, '.tools/node_modules/.bin'),
      join(root, 'node_modules/.bin'),
      dirname(process.execPath),
      environment.PATH,
    ].join(delimiter),
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}
