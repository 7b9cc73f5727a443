import {
  type Config,
  ConfigError,
  defaultConfigFile,
  isStorageKept,
  loadConfig,
  openState,
  withOpenedKeys,
} from '@proxy/composition'
import { type Clock, type SealedAccounts, systemClock } from '@proxy/core'
import { connectSharedState, type SharedParts } from '@proxy/storage-memory'
import { readProcessSettings } from '../config.js'
import { connectToServer, controlSocketPath } from '../control/control-socket.js'
import { socketChannel } from '../control/socket-channel.js'

/** The accounts that a command works on. */
export interface CommandState extends SharedParts {
  readonly config: Config
  readonly clock: Clock
  /** True when a server on this machine has the storage file open, and this command asks it. */
  readonly isServerRunning: boolean
  /** Seals everything anew with the first key; undefined where that is not this process's to do at once. */
  readonly compact: (() => Promise<void>) | undefined
  /** Where accounts are sealed one by one. */
  readonly sealed: SealedAccounts | undefined
  close(): Promise<void>
}

/** Throws a `ConfigError` with everything that is wrong with the configuration. */
export function readConfig(configOption: string | undefined): Config {
  const settings = readProcessSettings()
  const config = loadConfig(configOption ?? settings.configFile ?? defaultConfigFile, settings.variables)
  for (const line of config.leftOut) process.stderr.write(`left out: ${line}\n`)
  return config
}

/** Opens the storage of the configuration: itself, or through the server that has it open. */
async function openCommandState(config: Config): Promise<CommandState> {
  if (!isStorageKept(config)) {
    const file = config.storage.kind === 'memory' ? 'storage.file' : 'storage.records.file'
    throw new ConfigError(`${file} is not set: the accounts end with the server, and no other command sees them.`)
  }
  const clock = systemClock()
  const path = controlSocketPath(config)
  const socket = path === undefined ? undefined : await connectToServer(path)
  if (socket !== undefined) {
    const shared = connectSharedState(socketChannel(socket), { clock })
    const close = async (): Promise<void> => void socket.destroy()
    return { ...shared, config, clock, isServerRunning: true, compact: undefined, sealed: undefined, close }
  }
  const state = await openState(config, { clock })
  await state.storage.check()
  return { ...state, config, clock, isServerRunning: false }
}

/** Runs `act` on the storage, and closes it whatever happens. */
export async function withState<T>(
  configOption: string | undefined,
  act: (state: CommandState) => Promise<T>,
): Promise<T> {
  const state = await openCommandState(await withOpenedKeys(readConfig(configOption)))
  try {
    return await act(state)
  } finally {
    await state.close()
  }
}
