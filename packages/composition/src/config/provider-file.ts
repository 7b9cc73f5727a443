import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { readProviders, type UnusableProvider } from '@proxy/dialect-nango'
import type { AppLayer } from './check-apps.js'
import type { Fault } from './fault.js'
import type { ParsedConfig } from './schema.js'
import { readSource } from './source.js'

/** What became of the user's own provider file. */
export interface ProviderReport {
  readonly file: string
  /** Providers that the file describes and that have somewhere to go. */
  readonly total: number
  /** Those that are no apps here, and why. By name. */
  readonly unusable: readonly UnusableProvider[]
  /** Those that work without something that the file says of them. By name. */
  readonly partly: readonly UnusableProvider[]
}

/** The apps of a provider file, below those of the configuration. */
export interface ProviderLayer extends AppLayer {
  /** What is wrong with apps comes when they are compiled: ask after that. */
  report(): ProviderReport
}

const fileName = 'providers.yaml'

/** Undefined when none is named, or when there is none, which is a fault. */
export function readProviderLayer(
  providers: ParsedConfig['providers'],
  folder: string,
  faults: Fault[],
): ProviderLayer | undefined {
  if (providers === undefined) return undefined
  const fail = (message: string): undefined => {
    faults.push({ path: ['providers', 'file' in providers ? 'file' : 'package'], message })
    return undefined
  }
  const file =
    'file' in providers ? inFolder(resolve(folder, providers.file)) : findInstalled(providers.package, folder)
  if (file === undefined) return fail(`is not installed: ${folder} and the folders above have no ${fileName} of it`)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return fail(`${file} cannot be read (${code})`)
  }
  const { data, faults: own } = readSource(text)
  const [fault] = own
  if (fault !== undefined) return fail(`${file}:${fault.place?.line ?? 1} ${fault.message}`)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return fail(`${file} is no provider file: it must be an object of providers by name`)
  }
  return layerOf(data, relative(folder, file))
}

function layerOf(data: object, file: string): ProviderLayer {
  const read = readProviders(data)
  const unusable = new Map(read.unusable.map(({ name, reason }) => [name, reason]))
  return {
    definitions: read.apps,
    onFault(name, { field, message }) {
      const reason = unusable.get(name)
      unusable.set(name, reason === undefined ? `${field} ${message}` : `${reason}; ${field} ${message}`)
    },
    report: () => ({
      file,
      total: read.apps.length + read.unusable.length,
      unusable: [...unusable].map(([name, reason]) => ({ name, reason })).sort(byName),
      partly: [...read.partly].sort(byName),
    }),
  }
}

function byName(one: UnusableProvider, other: UnusableProvider): number {
  return one.name < other.name ? -1 : 1
}

function inFolder(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? join(path, fileName) : path
}

/** In the nearest `node_modules`, as Node looks for packages. */
function findInstalled(name: string, folder: string): string | undefined {
  const file = join(folder, 'node_modules', name, fileName)
  if (existsSync(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : findInstalled(name, parent)
}
