import { existsSync } from 'node:fs'
import { type Clock, systemClock } from '@proxy/core'
import type { Logger } from 'pino'
import { type Config, defaultConfigFile, loadConfig, readProcessSettings } from '../config.js'
import { type Demo, startDemo } from '../demo/demo.js'
import { createLogWriter, type LogWriter } from '../logging/log-writer.js'
import { createLogger, describeFault } from '../logging/logger.js'
import { openState, type State } from '../parts.js'
import { applySeeds } from '../seeds.js'
import { startServer } from '../server.js'
import { drainOnSignal } from '../signals.js'

const standardOutput = 1
const flushMs = 1_000

/** Serves until a signal ends it. Rejects when it cannot start. */
export async function serve(configOption: string | undefined): Promise<void> {
  const settings = readProcessSettings()
  const file = configOption ?? settings.configFile ?? (existsSync(defaultConfigFile) ? defaultConfigFile : undefined)
  const demo = file === undefined ? await startDemo(settings.demoPort) : undefined
  const clock = systemClock()
  const { config, state } =
    demo === undefined
      ? openConfigured(loadConfig(file ?? defaultConfigFile, settings.variables), clock)
      : openDemo(demo, clock)

  const writer = createLogWriter(standardOutput)
  const logger = createLogger(writer, config.logs.level)
  watchForBugs(logger, writer)
  const seeded = await applySeeds(config, state.storage, clock)
  const server = await startServer({ config, state, clock, writer, logger })
  logger.info(started(config, server.url, seeded), 'listening')
  demo?.welcome(server.url, config.storage.file !== undefined)

  drainOnSignal(async (signal) => {
    logger.info({ signal }, 'draining')
    await server.drain()
    await state.storage.close()
    await demo?.stop()
    logger.info('stopped')
    await writer.flush(flushMs)
  })
}

interface Opened {
  readonly config: Config
  readonly state: State
}

function openConfigured(config: Config, clock: Clock): Opened {
  return { config, state: openState(config, clock) }
}

/** A second demo in the same folder runs, too, but keeps nothing. */
function openDemo({ config, configWithoutFile }: Demo, clock: Clock): Opened {
  try {
    return openConfigured(config, clock)
  } catch (error) {
    if (error instanceof Error && error.message.includes(' is in use by process ')) {
      return openConfigured(configWithoutFile, clock)
    }
    throw error
  }
}

function started(config: Config, url: string, seeded: number): object {
  const { registry, projects } = config
  return { url, node: process.versions.node, apps: registry.list().length, projects: projects.length, seeded }
}

/** What nobody caught is a bug: it is logged without its message, and a process in an unknown state ends. */
function watchForBugs(logger: Logger, writer: LogWriter): void {
  process.on('unhandledRejection', (reason) => {
    logger.error({ fault: describeFault(reason) }, 'unhandled rejection')
  })
  process.on('uncaughtException', (error) => {
    logger.fatal({ fault: describeFault(error) }, 'uncaught exception')
    void writer.flush(flushMs).finally(() => process.exit(1))
  })
}
