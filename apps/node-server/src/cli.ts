#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError } from './commands/usage-error.js'
import { holdYoungGeneration } from './young-generation.js'

const help = `An authenticated API proxy that you host yourself.

api-proxy serve [--config FILE]   serve until SIGTERM or SIGINT; without a configuration, with a demo
          [--strict]              with a faulty app, do not start; without this, start without that app
api-proxy check [--config FILE]   say everything that is wrong with a configuration
api-proxy init                    write a configuration to begin with into this folder
api-proxy schema                  print the JSON Schema of the configuration

api-proxy apps list               show the apps that accounts may be of [--category NAME]
api-proxy apps search WORD…       show those that are called so, or have such a host; both: [--json]
api-proxy apps show APP           show the definition of one [--json]
api-proxy apps check [FILE…]      say everything that is wrong with the apps, or with definitions in files
api-proxy apps probe [APP…]       ask live APIs whether they are as their definitions say, without any account
          [--field NAME=VALUE,…] [--json] [--out PATCH]
api-proxy apps import openapi FILE|URL   make a definition to review [--slug SLUG] [--out FILE]
api-proxy apps new                make a definition by questions, or by flags: --name, --slug, --base URL, [--out FILE],
          --auth bearer|basic|header:NAME|query:NAME|oauth2|none, --authorize-url, --token-url, --health PATH

api-proxy accounts list           show the accounts, without anything secret
api-proxy accounts check [ID…]    call each account's API with its credential
api-proxy accounts import FILE    store the accounts of a file of JSON lines, - for standard input
          [--replace] [--dry-run] [--from jsonl]
api-proxy accounts import --from nango --host URL --environment ENVIRONMENT
          take connections over from a Nango host, through its API; again goes on where it was
          [--key-env NAME | --key-file FILE] [--only KEYS] [--apps KEY=SLUG,…] [--replace] [--dry-run]
api-proxy accounts export         write the accounts as JSON lines, sealed unless --plain; --out FILE
          all four: [--project ID] [--environment development|production]
          all but import: [--app SLUG] [--user ID]; list and check: [--json]; list: [--dead]
api-proxy keys status             show which key sealed how much
api-proxy keys rotate             seal everything with the first of encryption.keys
api-proxy keys data-key           print a new key that the KMS key of encryption.kms wraps
api-proxy keys webhook            show the secrets that sign webhooks [--project ID]

api-proxy --help | --version

The configuration is --config, else PROXY_CONFIG, else ./proxy.config.yaml.
WORKERS=n serves with n processes, at most one for each core. Exit status: 0 fine, 1 failed, 2 not understood.`

/** Commands with words and options of their own; like the others they are loaded when they are called. */
const groups: ReadonlyMap<string, (args: readonly string[]) => Promise<string | undefined>> = new Map([
  ['apps', async (args: readonly string[]) => (await import('./commands/apps.js')).apps(args)],
  ['accounts', async (args: readonly string[]) => (await import('./commands/accounts.js')).accounts(args)],
  ['keys', async (args: readonly string[]) => (await import('./commands/keys.js')).keys(args)],
])

async function run(args: readonly string[]): Promise<void> {
  const [first = '', ...rest] = args
  const group = rest.includes('--help') || rest.includes('-h') ? undefined : groups.get(first)
  if (group !== undefined) {
    const text = await group(rest)
    if (text !== undefined && text !== '') print(text)
    return
  }
  if (groups.has(first)) return print(help)
  const { command, config, strict, wantsHelp, wantsVersion } = readArguments(args)
  if (wantsHelp) return print(help)
  if (wantsVersion) return print(version())
  if (strict && command !== 'serve') throw new UsageError('--strict is for serve; check is always strict.')
  switch (command) {
    case 'serve':
      holdYoungGeneration()
      return await (await import('./commands/serve.js')).serve({ config, strict })
    case 'check':
      return print((await import('./commands/check.js')).check(config))
    case 'init':
      return print((await import('./commands/init.js')).init(process.cwd()))
    case 'schema':
      return print((await import('./commands/schema.js')).schema())
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
        strict: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
    const [command, ...more] = positionals
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}" is one word too many.`)
    const { config, strict = false, help: wantsHelp = false, version: wantsVersion = false } = values
    return { command, config, strict, wantsHelp, wantsVersion }
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

// The clock's timers let a process end; a command that waits for one, to ask a store again, shall not.
const alive = setInterval(() => undefined, 2 ** 30)

run(process.argv.slice(2))
  .catch((error: unknown) => {
    const isUsage = error instanceof UsageError
    const message = error instanceof Error ? error.message : 'The command failed.'
    process.stderr.write(`${message}${isUsage ? '\n\nTry: api-proxy --help' : ''}\n`)
    process.exit(isUsage ? 2 : 1)
  })
  .finally(() => clearInterval(alive))
