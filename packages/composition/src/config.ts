import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { catalogApps } from '@proxy/catalog'
import type { AppDefinition, AppRegistry } from '@proxy/core'
import type { z } from 'zod'
import { checkApps } from './config/check-apps.js'
import { checkReferences } from './config/check-references.js'
import { type Environment, expandReferences } from './config/expand.js'
import { ConfigError, type Fault, faultLines, isOfOneApp } from './config/fault.js'
import { plainMessage } from './config/plain-message.js'
import { type ProviderReport, readProviderLayer } from './config/provider-file.js'
import { configSchema, type ParsedConfig } from './config/schema.js'
import { readSource } from './config/source.js'
import type { RecordsConfig, StorageConfig } from './config/storage-schema.js'

/** A configuration in which everything has been checked and every default is filled in. */
export interface Config extends ParsedConfig {
  /** The apps of the configuration, and those of the catalogue. */
  readonly registry: AppRegistry
  /** What became of the provider file; undefined when none is named. */
  readonly providerReport: ProviderReport | undefined
  /** Why apps of the configuration, and accounts of these, are not there; a line each. */
  readonly leftOut: readonly string[]
  /** Where callers reach the server, with its scheme, without a slash at the end. */
  readonly publicUrl: string
  /** The keys of `encryption.kms.dataKeys` in base64, once `withOpenedKeys` has had them opened. */
  readonly openedKeys: readonly string[]
}

export const defaultConfigFile = 'proxy.config.yaml'

export interface ParseOptions {
  /** Takes a faulty app for a fault of the whole. By default it is left out, and the others work. */
  readonly strict?: boolean
  /** What `catalog: true` stands for. Default: the entries of `@proxy/catalog`, read from its folder. */
  readonly catalog?: () => readonly AppDefinition[]
}

/** Reads a configuration file; throws a `ConfigError` that lists everything that is wrong with it. */
export function loadConfig(file: string, variables: Environment, options?: ParseOptions): Config {
  return parseConfig(readConfigFile(file), file, variables, options)
}

/** Throws a `ConfigError` when the file cannot be read. */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new ConfigError(`${file} cannot be read (${code}). "api-proxy init" writes one to begin with.`)
  }
}

/** The same for a text that was read from `file`; paths in it are relative to that file's folder. */
export function parseConfig(text: string, file: string, variables: Environment, options: ParseOptions = {}): Config {
  const source = readSource(text)
  const faults: Fault[] = [...source.faults]
  const linesOf = (some: readonly Fault[]) => faultLines(file, some, source.placeOf)
  const fail = (some: readonly Fault[]): never => {
    throw new ConfigError(linesOf(some).join('\n'))
  }
  if (faults.length > 0) fail(faults)
  const folder = dirname(resolve(file))
  const data = expandReferences(source.data ?? {}, { environment: variables, folder, faults })
  const unexpanded = new Set(faults.map(({ path }) => JSON.stringify(path)))

  const parsed = configSchema.safeParse(data, { error: plainMessage })
  for (const issue of parsed.error?.issues ?? []) {
    if (!unexpanded.has(JSON.stringify(issue.path))) faults.push(...toFaults(issue))
  }
  const { sections, broken } = parseSections(data)
  const providers = readProviderLayer(sections.providers, folder, faults)
  const catalog = sections.catalog ? (options.catalog ?? catalogApps)() : []
  const registry = checkApps(sections, catalog, faults, providers ? [providers] : [])
  checkReferences(sections, broken, registry, faults)
  const isTolerable = options.strict === true ? () => false : isOfOneApp
  const grave = faults.filter((fault) => !isTolerable(fault))
  if (!parsed.success || grave.length > 0) return fail(faults)
  return complete(parsed.data, { registry, providerReport: providers?.report(), leftOut: linesOf(faults) }, folder)
}

type CompiledApps = Pick<Config, 'registry' | 'providerReport' | 'leftOut'>

function complete(parsed: ParsedConfig, compiled: CompiledApps, folder: string): Config {
  const { server, storage, accounts } = parsed
  const scheme = server.tls === undefined ? 'http' : 'https'
  const host = server.host.includes(':') ? `[${server.host}]` : server.host
  return {
    ...parsed,
    storage: completeStorage(storage, folder),
    accounts: accounts.filter(({ app }) => compiled.registry.find(app) !== undefined),
    ...compiled,
    openedKeys: [],
    publicUrl: (server.publicUrl ?? `${scheme}://${host}:${server.port}`).replace(/\/+$/, ''),
  }
}

function completeStorage(storage: StorageConfig, folder: string): StorageConfig {
  if (storage.kind !== 'aws-secrets-manager') return completeRecords(storage, folder)
  return { ...storage, records: completeRecords(storage.records, folder) }
}

function completeRecords(records: RecordsConfig, folder: string): RecordsConfig {
  return records.kind === 'memory' ? { ...records, file: absolute(records.file, folder) } : records
}

function absolute(path: string | undefined, folder: string): string | undefined {
  return path === undefined || isAbsolute(path) ? path : join(folder, path)
}

/** Each section by itself, with its defaults where it is broken: one fault does not hide those of other sections. */
function parseSections(data: unknown): { sections: ParsedConfig; broken: ReadonlySet<string> } {
  const given: Readonly<Record<string, unknown>> = typeof data === 'object' && data !== null ? { ...data } : {}
  const broken = new Set<string>()
  const sound: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(configSchema.shape)) {
    if (schema.safeParse(given[name]).success) sound[name] = given[name]
    else broken.add(name)
  }
  return { sections: configSchema.parse(sound), broken }
}

function toFaults(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a known key', isKey: true }))
}
