import { type AppRegistry, createKeyRing, customFieldFault } from '@proxy/core'
import { countPlaces } from '../redis/redis-schema.js'
import { namesOf } from './definition-names.js'
import { type Fault, isOfOneApp, type Path } from './fault.js'
import { recordsOf, recordsSection } from './records.js'
import type { ParsedConfig } from './schema.js'
import type { SecretsManagerConfig } from './storage-schema.js'

/**
 * What no single field shows: names that clash, or that lead nowhere, and parts that need one another. Sections that
 * are `broken` stand here with their defaults, and nothing is said of what leads to them.
 */
export function checkReferences(
  config: ParsedConfig,
  broken: ReadonlySet<string>,
  apps: AppRegistry,
  faults: Fault[],
): void {
  checkUnique(
    config.projects.map(({ id }, index) => ({ value: id, path: ['projects', index, 'id'] })),
    'is the id of another project',
    faults,
  )
  const clients = config.projects.flatMap((project, at) =>
    project.clients.map(({ id }, index) => ({ value: id, path: ['projects', at, 'clients', index, 'id'] })),
  )
  checkUnique(clients, 'is the id of another client', faults)
  const keys = config.projects.flatMap((project, at) =>
    project.secretKeys.map(({ key }, index) => ({ value: key, path: ['projects', at, 'secretKeys', index, 'key'] })),
  )
  checkUnique(keys, 'is the same as another key', faults)
  if (clients.length > 0 && config.tokens === undefined && !broken.has('tokens')) {
    faults.push({
      path: ['tokens'],
      message: 'tokens.signingKeys is needed, because there are clients to issue tokens to',
    })
  }
  checkStorage(config, broken, faults)
  checkKeys(config, faults)
  const { localDevelopment } = config.nango
  if (
    localDevelopment &&
    !broken.has('projects') &&
    !config.projects.some(({ id }) => id === localDevelopment.project)
  ) {
    faults.push({ path: ['nango', 'localDevelopment', 'project'], message: 'is not the id of a project' })
  }
  if (!broken.has('projects')) checkSeeds(config, apps, faults)
}

function checkStorage(config: ParsedConfig, broken: ReadonlySet<string>, faults: Fault[]): void {
  const { storage, rateLimiter, encryption } = config
  const records = recordsOf(config)
  const section = recordsSection(config)
  const holder = records.kind === 'redis' ? 'kind' : records.file === undefined ? undefined : 'file'
  if (holder !== undefined && !records.plaintext && encryption === undefined && !broken.has('encryption')) {
    const place = holder === 'kind' ? 'Redis' : `${section}.file`
    const what = section === 'storage' ? 'credentials' : 'what is sealed'
    const message = `encryption.keys is needed, because ${place} holds ${what} (or set ${section}.plaintext)`
    faults.push({ path: [...section.split('.'), holder], message })
  }
  const isNowhere = rateLimiter.kind === 'redis' && countPlaces(rateLimiter) === 0
  if (isNowhere && records.kind !== 'redis' && !broken.has('storage')) {
    faults.push({ path: ['rateLimiter'], message: 'rateLimiter.url is needed, because storage is not on Redis' })
  }
  if (storage.kind === 'aws-secrets-manager') checkExisting(storage, config, broken, faults)
}

function checkExisting(
  { existing }: SecretsManagerConfig,
  { projects }: ParsedConfig,
  broken: ReadonlySet<string>,
  faults: Fault[],
): void {
  const named = existing.map(({ project, environment, account }, index) => ({
    value: JSON.stringify([project, environment, account]),
    path: ['storage', 'existing', index, 'account'],
  }))
  checkUnique(named, 'has a secret above', faults)
  if (broken.has('projects')) return
  for (const [index, { project }] of existing.entries()) {
    if (projects.some(({ id }) => id === project)) continue
    faults.push({ path: ['storage', 'existing', index, 'project'], message: 'is not the id of a project' })
  }
}

function checkUnique(named: readonly { value: string; path: Path }[], message: string, faults: Fault[]): void {
  const seen = new Set<string>()
  for (const { value, path } of named) {
    if (seen.has(value)) faults.push({ path, message })
    seen.add(value)
  }
}

function checkKeys({ encryption, tokens }: ParsedConfig, faults: Fault[]): void {
  for (const [index, key] of (encryption?.keys ?? []).entries()) {
    if (isKey(key)) continue
    faults.push({ path: ['encryption', 'keys', index], message: 'is not 32 bytes in base64' })
  }
  for (const [index, key] of (tokens?.signingKeys ?? []).entries()) {
    if (isKey(key)) continue
    faults.push({ path: ['tokens', 'signingKeys', index], message: 'is not 32 bytes in base64' })
  }
}

function isKey(text: string): boolean {
  try {
    createKeyRing([text])
    return true
  } catch {
    return false
  }
}

function checkSeeds(config: ParsedConfig, apps: AppRegistry, faults: Fault[]): void {
  const { accounts, projects, storage, apps: definitions } = config
  const existing = storage.kind === 'aws-secrets-manager' ? storage.existing : []
  const faulty = new Set(
    faults.flatMap((fault) => (isOfOneApp(fault) ? namesOf(definitions[Number(fault.path[1])]) : [])),
  )
  const known = new Set(projects.map(({ id }) => id))
  const seen = new Set<string>()
  for (const [index, account] of accounts.entries()) {
    const path: Path = ['accounts', index]
    if (!known.has(account.project)) {
      faults.push({ path: [...path, 'project'], message: 'is not the id of a project above' })
    }
    const identity = JSON.stringify([account.project, account.environment, account.id])
    if (seen.has(identity)) faults.push({ path: [...path, 'id'], message: 'is the id of another account' })
    seen.add(identity)
    const app = apps.find(account.app)
    if (app === undefined && faulty.has(account.app)) {
      const message = `is left out, because its app ${account.app} is`
      faults.push({ path, message, isOfFaultyApp: true })
      continue
    }
    if (app === undefined) {
      faults.push({ path: [...path, 'app'], message: `${account.app} is not the name_slug of a known app` })
      continue
    }
    const declared = app.definition.custom_fields ?? []
    for (const name of Object.keys(account.custom_fields)) {
      if (declared.some((field) => field.name === name)) continue
      faults.push({
        path: [...path, 'custom_fields', name],
        message: `is not a custom field of ${app.slug}`,
        isKey: true,
      })
    }
    for (const field of declared) {
      const value = account.custom_fields[field.name]
      if (value === undefined || value === '') {
        if (field.optional === true || field.default !== undefined) continue
        if (existing.some((secret) => isOf(secret, account) && secret.customFields?.[field.name] !== undefined))
          continue
        faults.push({ path: [...path, 'custom_fields'], message: `${field.name} is needed by ${app.slug}` })
        continue
      }
      const message = customFieldFault(field, value)
      if (message !== undefined) faults.push({ path: [...path, 'custom_fields', field.name], message })
    }
  }
}

type Named = Pick<ParsedConfig['accounts'][number], 'project' | 'environment' | 'id'>

function isOf(secret: SecretsManagerConfig['existing'][number], { project, environment, id }: Named): boolean {
  return secret.project === project && secret.environment === environment && secret.account === id
}
