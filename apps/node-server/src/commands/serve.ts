import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import {
  type Config,
  createLogger,
  defaultConfigFile,
  isStorageKept,
  joinParts,
  keepApplyingSeeds,
  logHook,
  openState,
  parseConfig,
  readConfigFile,
  recordsOf,
  type State,
  type StateOptions,
  withOpenedKeys,
} from '@proxy/composition'
import { type Clock, systemClock } from '@proxy/core'
import { createStateHub, type StateHub } from '@proxy/storage-memory'
import type { Logger } from 'pino'
import { type ProcessSettings, readProcessSettings } from '../config.js'
import { controlSocketPath, openControlSocket } from '../control/control-socket.js'
import { type Demo, startDemo } from '../demo/demo.js'
import { createLogWriter } from '../logging/log-writer.js'
import { type RoutedWriter, routedWriter } from '../logging/routed-writer.js'
import { resealBehind } from '../reseal.js'
import type { Running } from '../running.js'
import { startServer } from '../server.js'
import { drainOnSignal } from '../signals.js'
import { flushMs, standardOutput, watchForBugs } from '../standard-output.js'
import { startWorkers } from '../workers/first.js'
import { runWorker } from '../workers/worker.js'

/** What workers need besides the time for draining: to start, and to write their last lines. */
const workerMarginMs = 5_000

export interface ServeOptions {
  readonly config: string | undefined
  /** Does not start with a faulty app in the configuration; otherwise that app is left out. */
  readonly strict: boolean
}

/** Serves until a signal ends it. Rejects when it cannot start. */
export async function serve({ config: configOption, strict }: ServeOptions): Promise<void> {
  const settings = readProcessSettings()
  if (cluster.isWorker) return runWorker(settings)

  const file = configOption ?? settings.configFile ?? (existsSync(defaultConfigFile) ? defaultConfigFile : undefined)
  const demo = file === undefined ? await startDemo(settings.demo) : undefined
  const clock = systemClock()
  const hub = createStateHub()
  const options = { clock, processes: settings.workers, onChange: hub.announce }
  const opened = await (demo === undefined ? openFile(file, settings, strict, options) : openDemo(demo, options))
  const { config, state } = opened

  const writer = routedWriter(createLogWriter(standardOutput, { isShared: settings.workers > 1 }))
  const logger = createLogger(writer, config.logs.level)
  watchForBugs(logger, writer)
  for (const fault of config.leftOut) logger.error({ fault }, 'left out')
  const seeds = keepApplyingSeeds(config, state, clock, logger)
  const seeded = await seeds.applied
  const running = await run(opened, { workers: settings.workers, hub, clock, writer, logger })
  const control = await openControl(opened, hub, logger)
  const resealing = resealBehind(config, state, logger)
  drainOnSignal(async (signal) => {
    logger.info({ signal }, 'draining')
    await running.drain()
    await control?.close()
    await resealing
    seeds.stop()
    await state.close()
    await demo?.stop()
    logger.info('stopped')
    await writer.flush(flushMs)
  }, running.kill)
  tellOfProviders(config, logger)
  logger.info(started(config, running.url, seeded, settings.workers), 'listening')
  demo?.welcome(running.url, isStorageKept(config))
}

/** One line for what a provider file says and this server cannot do. */
function tellOfProviders({ providerReport }: Config, logger: Logger): void {
  if (providerReport === undefined) return
  const { file, total, unusable, partly } = providerReport
  const fields = {
    file,
    providers: total - unusable.length,
    unusable: Object.fromEntries(unusable.map(({ name, reason }) => [name, reason])),
    partly: partly.map(({ name }) => name),
  }
  if (unusable.length === 0) logger.info(fields, 'provider file read')
  else logger.warn(fields, `${unusable.length} of the provider file's ${total} providers cannot be used`)
}

/** For commands of this machine; a server without it serves all the same. */
async function openControl({ config, state }: Opened, hub: StateHub, logger: Logger) {
  const path = controlSocketPath(config)
  if (path === undefined) return undefined
  try {
    return await openControlSocket(path, hub, state)
  } catch (err) {
    logger.warn({ err }, 'commands cannot reach this server: its control socket could not be opened')
    return undefined
  }
}

interface Opened {
  readonly config: Config
  readonly state: State
  /** What the configuration was read from. */
  readonly source: { readonly name: string; readonly text: string }
}

interface RunParts {
  readonly workers: number
  readonly hub: StateHub
  readonly clock: Clock
  readonly writer: RoutedWriter
  readonly logger: Logger
}

function run({ config, state, source }: Opened, { workers, hub, clock, writer, logger }: RunParts): Promise<Running> {
  if (workers === 1) return startServer({ config, state, clock, writer, logger })
  if (recordsOf(config).kind === 'memory') {
    // Workers tell of what they open. The storage is this process's alone.
    const tell = joinParts(logHook(writer, logger, config.logs), clock)
    state.events.listen({
      onPart: (event) => event.part !== 'rateLimiter' && tell(event),
      onRefusal: (text) => logger.error(text),
    })
  }
  const { drainDelay, drainTimeout } = config.server
  const drainWithinMs = drainDelay + drainTimeout + workerMarginMs
  return startWorkers({ count: workers, configuration: source, state, hub, writer, logger, drainWithinMs })
}

async function openFile(
  file: string = defaultConfigFile,
  { variables }: ProcessSettings,
  strict: boolean,
  options: StateOptions,
): Promise<Opened> {
  return await open({ name: file, text: readConfigFile(file) }, variables, options, strict)
}

/** A second demo in the same folder runs, too, but keeps nothing. */
async function openDemo({ text, textWithoutFile }: Demo, options: StateOptions): Promise<Opened> {
  try {
    return await open({ name: 'demo', text }, {}, options)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes(' is in use by process ')) throw error
    return await open({ name: 'demo', text: textWithoutFile }, {}, options)
  }
}

async function open(
  source: Opened['source'],
  variables: ProcessSettings['variables'],
  options: StateOptions,
  strict = false,
): Promise<Opened> {
  const parsed = parseConfig(source.text, source.name, variables, { strict })
  const config = await withOpenedKeys(parsed, { onRetry: sayRetry })
  return { config, state: await openState(config, options), source }
}

function sayRetry(reason: string, afterMs: number): void {
  process.stderr.write(`${reason}; asking again in ${afterMs / 1_000} s\n`)
}

function started(config: Config, url: string, seeded: number, workers: number): object {
  const { registry, projects } = config
  return { url, node: process.versions.node, workers, apps: registry.list().length, projects: projects.length, seeded }
}
