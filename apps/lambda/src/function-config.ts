import { type Config, ConfigError, type Environment, parseConfig, readConfigFile } from '@proxy/composition'
import type { AwsReader } from './aws-reader.js'
import { bundledCatalog } from './bundled-catalog.js'
import type { FunctionSettings } from './config.js'

/** The configuration, from wherever the environment says that it is. Throws a `ConfigError`. */
export async function readFunctionConfig(settings: FunctionSettings, aws: AwsReader): Promise<Config> {
  const [{ name, text }, variables] = await Promise.all([readText(settings, aws), readVariables(settings, aws)])
  const config = parseConfig(text, name, variables, { catalog: bundledCatalog })
  checkRegion(config, name, settings.variables)
  return config
}

/** The AWS SDK would only say so at the first call, and then at every other one. */
function checkRegion({ storage }: Config, name: string, { AWS_REGION: region }: Environment): void {
  if (storage.kind !== 'aws-secrets-manager' || storage.region !== undefined || (region ?? '') !== '') return
  throw new ConfigError(`${name}: storage.region is needed, because AWS_REGION is not set.`)
}

async function readText({ source }: FunctionSettings, aws: AwsReader): Promise<{ name: string; text: string }> {
  switch (source.kind) {
    case 'text':
      return source
    case 'parameter':
      return { name: `parameter ${source.name}`, text: await aws.readParameter(source.name) }
    case 'secret':
      return { name: `secret ${source.id}`, text: await aws.readSecret(source.id) }
    default:
      return { name: source.path, text: readBundled(source.path) }
  }
}

function readBundled(path: string): string {
  try {
    return readConfigFile(path)
  } catch {
    throw new ConfigError(
      `${path} cannot be read: put the configuration there, or set PROXY_CONFIG, PROXY_CONFIG_TEXT, PROXY_CONFIG_PARAMETER or PROXY_CONFIG_SECRET.`,
    )
  }
}

async function readVariables({ variables, variablesSecret }: FunctionSettings, aws: AwsReader): Promise<Environment> {
  if (variablesSecret === undefined) return variables
  const values = parseObject(await aws.readSecret(variablesSecret))
  if (values === undefined || !Object.values(values).every((value) => typeof value === 'string')) {
    throw new ConfigError(`PROXY_VARIABLES_SECRET: the secret ${variablesSecret} is not a JSON object of texts.`)
  }
  return { ...variables, ...(values as Record<string, string>) }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
