import { ConfigError, type Environment } from '@proxy/composition'

/** What the environment says, besides what a configuration refers to. This is the one place that reads it. */
export interface ProcessSettings {
  readonly configFile: string | undefined
  /** For the server without a configuration. */
  readonly demo: { readonly folder: string; readonly port: number | undefined }
  /** Processes that share the work. */
  readonly workers: number
  readonly variables: Environment
}

/** Throws a `ConfigError` for variables that make no sense. */
export function readProcessSettings(): ProcessSettings {
  const { DATA_FOLDER = 'data', PORT, PROXY_CONFIG, WORKERS = '1' } = process.env
  if (!/^[1-9]\d{0,2}$/.test(WORKERS)) throw new ConfigError('WORKERS must be a whole number from 1 to 999.')
  if (PORT !== undefined && !(/^\d{1,5}$/.test(PORT) && Number(PORT) <= 65_535)) {
    throw new ConfigError('PORT must be a number from 0 to 65535.')
  }
  return {
    demo: { folder: DATA_FOLDER, port: PORT === undefined ? undefined : Number(PORT) },
    configFile: PROXY_CONFIG,
    workers: Number(WORKERS),
    variables: process.env,
  }
}
