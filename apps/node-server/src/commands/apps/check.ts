import { readFileSync } from 'node:fs'
import { definitionFaults } from '@proxy/composition'
import { AppDefinitionError } from '@proxy/core'
import { readOptions } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { describeProviders } from '../describe-providers.js'
import { knownApps } from './known-apps.js'

/**
 * Says everything that is wrong with the apps of the configuration, or with the definitions in the given files, and
 * throws when something is. What a provider file has that is no app here is told, and is no fault.
 */
export function checkApps(args: readonly string[]): string {
  const { values, positionals: files } = readOptions(args, {})
  const faults = files.length === 0 ? [] : files.flatMap(faultsOfFile)
  if (files.length > 0) return report(faults, `${files.join(', ')}: nothing wrong.`)
  const { registry, config } = knownApps(values.config)
  faults.push(...(config?.leftOut ?? []))
  let own = 0
  for (const { slug, isFromCatalog } of registry.list()) {
    if (!isFromCatalog) own += 1
    try {
      registry.find(slug)
    } catch (error) {
      if (!(error instanceof AppDefinitionError)) throw error
      faults.push(error.message)
    }
  }
  const others = registry.list().length - own
  const fine = `${own} apps of the configuration and ${others} of the catalogue: nothing wrong.`
  return report(faults, [fine, ...describeProviders(config?.providerReport)].join('\n'))
}

function report(faults: readonly string[], fine: string): string {
  if (faults.length > 0) throw new CommandFailed(faults.join('\n'))
  return fine
}

function faultsOfFile(file: string): readonly string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return [`${file}: cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`]
  }
  return definitionFaults(text, file)
}
