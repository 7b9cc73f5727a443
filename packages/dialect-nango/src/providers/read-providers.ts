import type { AppDefinition } from '@proxy/core'
import { z } from 'zod'
import { Inexpressible } from './inexpressible.js'
import { providerApp } from './provider-app.js'
import { entrySchema } from './provider-entry.js'

/** A provider that cannot be an app here, and why. */
export interface UnusableProvider {
  readonly name: string
  readonly reason: string
}

export interface ReadProviders {
  readonly apps: readonly AppDefinition[]
  /** Those with a base URL that cannot be expressed. */
  readonly unusable: readonly UnusableProvider[]
  /** Those that work without something that the file says of them. */
  readonly partly: readonly UnusableProvider[]
  /** Those without a base URL: there is nothing to proxy to. */
  readonly withoutBase: readonly string[]
}

type Raw = Readonly<Record<string, unknown>>

/**
 * App definitions of a user's own provider file (`@nangohq/providers`, or a `providers.yaml` in the same form), parsed.
 * Whether they compile is for the registry to say: give it `onFault`, so that one does not keep the others out. Throws
 * when the file is no object.
 */
export function readProviders(file: unknown): ReadProviders {
  if (!isRaw(file)) throw new Error('A provider file is an object of providers by name.')
  const apps: AppDefinition[] = []
  const unusable: UnusableProvider[] = []
  const partly: UnusableProvider[] = []
  const withoutBase: string[] = []
  for (const name of Object.keys(file)) {
    try {
      const raw = withAlias(name, file)
      if (!hasBase(raw)) {
        withoutBase.push(name)
        continue
      }
      const entry = entrySchema.parse(raw)
      apps.push(providerApp(name, entry))
      if (entry.proxy?.retry?.in_body !== undefined) partly.push({ name, reason: 'retry.in_body is not used' })
    } catch (error) {
      unusable.push({ name, reason: reasonOf(error) })
    }
  }
  return { apps, unusable, partly, withoutBase }
}

const aliasesMost = 8

/** An entry that names another has what that one has, but for what it says itself. */
function withAlias(name: string, file: Raw, depth = 0): Raw {
  const own = Object.hasOwn(file, name) ? file[name] : undefined
  if (!isRaw(own)) throw new Inexpressible(`an entry ${name} that is no object`)
  if (typeof own.alias !== 'string') return own
  if (depth === aliasesMost) throw new Inexpressible('aliases in a circle')
  const other = withAlias(own.alias, file, depth + 1)
  return { ...other, ...own, proxy: { ...rawOf(other.proxy), ...rawOf(own.proxy) } }
}

function hasBase({ proxy }: Raw): boolean {
  return isRaw(proxy) && typeof proxy.base_url === 'string' && proxy.base_url !== ''
}

function reasonOf(error: unknown): string {
  if (error instanceof Inexpressible) return `has ${error.message}, which cannot be expressed`
  if (error instanceof z.ZodError) {
    const fields = error.issues.map(({ path }) => path.join('.'))
    return `cannot be read: ${[...new Set(fields)].join(', ')}`
  }
  if (error instanceof URIError) return 'has a URL that is not percent-encoded correctly'
  throw error
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rawOf(value: unknown): Raw {
  return isRaw(value) ? value : {}
}
