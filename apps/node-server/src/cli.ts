#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { check } from './commands/check.js'
import { init } from './commands/init.js'
import { schema } from './commands/schema.js'
import { serve } from './commands/serve.js'

const help = `An authenticated API proxy that you host yourself.

api-proxy serve [--config FILE]   serve until SIGTERM or SIGINT; without a configuration, with a demo
api-proxy check [--config FILE]   say everything that is wrong with a configuration
api-proxy init                    write a configuration to begin with into this folder
api-proxy schema                  print the JSON Schema of the configuration
api-proxy --help | --version

The configuration is --config, else PROXY_CONFIG, else ./proxy.config.yaml.
WORKERS=n serves with n processes. Exit status: 0 fine, 1 failed, 2 not understood.`

/** What is wrong with the command line itself. */
class UsageError extends Error {}

async function run(args: readonly string[]): Promise<void> {
  const { command, config, wantsHelp, wantsVersion } = readArguments(args)
  if (wantsHelp) return print(help)
  if (wantsVersion) return print(version())
  switch (command) {
    case 'serve':
      return await serve(config)
    case 'check':
      return print(check(config))
    case 'init':
      return print(init(process.cwd()))
    case 'schema':
      return print(schema())
    default:
      throw new UsageError(command === undefined ? 'No command was given.' : `There is no command "${command}".`)
  }
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
    const [command, ...more] = positionals
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}" is one word too many.`)
    return { command, config: values.config, wantsHelp: values.help === true, wantsVersion: values.version === true }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

run(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof UsageError
  const message = error instanceof Error ? error.message : 'The command failed.'
  process.stderr.write(`${message}${isUsage ? '\n\nTry: api-proxy --help' : ''}\n`)
  process.exit(isUsage ? 2 : 1)
})
