import { resolve } from 'node:path'
import { ConfigError, defaultConfigFile, type Environment } from '@proxy/composition'

/** Where the configuration is. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'secret'; readonly id: string }

/** What the environment says, besides what a configuration refers to. This is the one place that reads it. */
export interface FunctionSettings {
  readonly source: ConfigSource
  /** A secret that holds a JSON object of further variables. */
  readonly variablesSecret: string | undefined
  readonly basePath: string
  readonly timeMarginMs: number | undefined
  readonly maxStreamedBytes: number | undefined
  readonly variables: Environment
}

const sources = ['PROXY_CONFIG', 'PROXY_CONFIG_TEXT', 'PROXY_CONFIG_PARAMETER', 'PROXY_CONFIG_SECRET'] as const

/** Throws a `ConfigError` that names the variable which makes no sense. */
export function readFunctionSettings(): FunctionSettings {
  const variables = process.env
  const basePath = variables.PROXY_BASE_PATH ?? ''
  if (!/^(?:\/[^/?#]+)*$/.test(basePath)) {
    throw new ConfigError('PROXY_BASE_PATH must be a path such as /proxy, without a slash at its end.')
  }
  const mebibytes = wholeNumber(variables, 'PROXY_MAX_STREAMED_MIB', 1, 1_048_576)
  return {
    source: readSource(variables),
    variablesSecret: given(variables, 'PROXY_VARIABLES_SECRET'),
    basePath,
    timeMarginMs: wholeNumber(variables, 'PROXY_TIME_MARGIN_MS', 10, 60_000),
    maxStreamedBytes: mebibytes === undefined ? undefined : mebibytes * 1024 * 1024,
    variables,
  }
}

function readSource(variables: Environment): ConfigSource {
  const named = sources.filter((name) => given(variables, name) !== undefined)
  if (named.length > 1) throw new ConfigError(`Only one of ${named.join(' and ')} may be set.`)
  const [name = 'PROXY_CONFIG'] = named
  const value = given(variables, name)
  switch (name) {
    case 'PROXY_CONFIG_TEXT':
      return { kind: 'text', name, text: value ?? '' }
    case 'PROXY_CONFIG_PARAMETER':
      return { kind: 'parameter', name: value ?? '' }
    case 'PROXY_CONFIG_SECRET':
      return { kind: 'secret', id: value ?? '' }
    default:
      return { kind: 'file', path: resolve(variables.LAMBDA_TASK_ROOT ?? '.', value ?? defaultConfigFile) }
  }
}

function given(variables: Environment, name: string): string | undefined {
  return variables[name] === '' ? undefined : variables[name]
}

function wholeNumber(variables: Environment, name: string, least: number, most: number): number | undefined {
  const text = given(variables, name)
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) {
    throw new ConfigError(`${name} must be a whole number from ${least} to ${most}.`)
  }
  return value
}
