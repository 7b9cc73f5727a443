import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, sealerOf } from '@proxy/composition'
import type { Scope } from '@proxy/core'
import { createIntegrations, HostError, type Move, type Moved, moveConnections, nangoHost } from '@proxy/dialect-nango'
import { readProcessSettings } from '../../config.js'
import { CommandFailed } from '../command-failed.js'
import { type CommandState, withState } from '../command-state.js'
import { progress } from '../progress.js'
import { UsageError } from '../usage-error.js'
import { scopesOf } from './each-account.js'

/** Options of `accounts import` that only `--from nango` has. */
export const nangoOptions = {
  host: { type: 'string' },
  'key-env': { type: 'string' },
  'key-file': { type: 'string' },
  only: { type: 'string' },
  apps: { type: 'string' },
} as const

export interface NangoImportWish {
  readonly config: string | undefined
  readonly project: string | undefined
  readonly environment: string | undefined
  readonly replace: boolean
  readonly 'dry-run': boolean
  readonly host: string | undefined
  readonly 'key-env': string | undefined
  readonly 'key-file': string | undefined
  readonly only: string | undefined
  readonly apps: string | undefined
}

const usualKey = 'NANGO_SECRET_KEY'

/** Takes connections over from a host that speaks Nango's wire form. Throws, with all reasons, when some stay there. */
export async function importFromNango(wish: NangoImportWish): Promise<string> {
  const url = readHost(wish.host)
  const secretKey = readKey(wish)
  const appOf = readApps(wish.apps)
  const only = wish.only === undefined ? undefined : new Set(wish.only.split(','))
  return await withState(wish.config, async (state) => {
    const move = moveConnections({
      host: nangoHost({ url, secretKey, fetch, wait: async (ms) => void (await wait(ms)), now: Date.now, onWait }),
      scope: readScope(state.config, wish),
      storage: state.storage,
      apps: state.config.registry,
      integrations: integrationsOf(state),
      keepsClients: state.config.encryption !== undefined,
      clock: state.clock,
      appOf,
      ...(only !== undefined && { only }),
      isDryRun: wish['dry-run'],
      replaces: wish.replace,
    })
    return await run(move, wish['dry-run'])
  })
}

async function run(move: Move, isDryRun: boolean): Promise<string> {
  const counts: Record<Moved['outcome'], number> = { created: 0, replaced: 0, unchanged: 0, there: 0, refused: 0 }
  const refused: string[] = []
  const { tell, end } = progress('connections')
  let done = 0
  let broken: HostError | undefined
  try {
    for await (const { name, outcome, reasons } of move.connections()) {
      counts[outcome] += 1
      refused.push(...reasons.map((reason) => `${name}: ${reason}`))
      done += 1
      tell(done)
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    broken = error
  }
  end(done)
  for (const note of move.notes()) process.stderr.write(`note: ${note}\n`)
  const summary = summaryOf(counts, isDryRun)
  if (broken !== undefined) {
    const advice = 'What was stored stays; the same command again goes on from there.'
    throw new CommandFailed([...refused, `Ended early: ${broken.message}.`, summary, advice].join('\n'))
  }
  if (refused.length > 0) throw new CommandFailed([...refused, summary].join('\n'))
  return summary
}

function summaryOf(
  { created, replaced, unchanged, there, refused }: Record<Moved['outcome'], number>,
  isDryRun: boolean,
) {
  const counted = `${created} created, ${replaced} replaced, ${unchanged} unchanged, ${there} here already, ${refused} not taken over`
  return isDryRun ? `${counted}. This was a dry run: nothing was stored.` : counted
}

function onWait(reason: string, ms: number): void {
  process.stderr.write(`${reason}: again in ${Math.ceil(ms / 1_000)} s\n`)
}

function integrationsOf({ config, storage, clock }: CommandState) {
  const sealer = config.encryption === undefined ? {} : { sealer: sealerOf(config) }
  return createIntegrations({ documents: storage, clock, ...sealer })
}

function readHost(host: string | undefined): string {
  if (host === undefined) throw new UsageError('--from nango needs --host, such as https://api.nango.dev.')
  const url = URL.canParse(host) ? new URL(host) : undefined
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === ''
  if (!isPlain || url.password !== '' || url.hash !== '') {
    throw new UsageError('--host must be an http or https URL without user, query and fragment.')
  }
  return url.href
}

/** From where other users of the machine do not see it: never from the command line. */
function readKey({ 'key-env': variable, 'key-file': file }: NangoImportWish): string {
  if (variable !== undefined && file !== undefined) throw new UsageError('--key-env and --key-file exclude each other.')
  const key = file === undefined ? readProcessSettings().variables[variable ?? usualKey] : readKeyFile(file)
  if (key === undefined || key.trim() === '') {
    const place = file === undefined ? `the environment variable ${variable ?? usualKey}` : `the file ${file}`
    throw new UsageError(`The secret key of the host is needed: ${place} holds none (see --key-env and --key-file).`)
  }
  return key.trim()
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`--key-file: ${file} cannot be read.`)
  }
}

function readApps(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map()
  return new Map(
    text.split(',').map((pair) => {
      const [, key, slug] = /^([^=]+)=([^=]+)$/.exec(pair) ?? []
      if (key === undefined || slug === undefined) throw new UsageError('--apps is KEY=SLUG, several with commas.')
      return [key, slug]
    }),
  )
}

/** A secret key there stands for one environment, and so does an import. */
function readScope(config: Config, wish: NangoImportWish): Scope {
  const { project = config.projects.length === 1 ? config.projects[0]?.id : undefined, environment } = wish
  if (environment === undefined) throw new UsageError('--environment is needed: development or production.')
  if (project === undefined) throw new UsageError('--project is needed: the configuration has several.')
  const [scope] = scopesOf(config, { project, environment })
  if (scope === undefined) throw new UsageError(`The configuration has no project "${project}".`)
  return scope
}
