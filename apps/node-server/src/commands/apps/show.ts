import { catalogProvenance, type Provenance, type Source } from '@proxy/catalog'
import type { AppDefinition, ListedApp } from '@proxy/core'
import { stringify } from 'yaml'
import { readOptions, refuseMore } from '../arguments.js'
import { UsageError } from '../usage-error.js'
import { definitionText } from './definition-text.js'
import { knownApps, requireApp } from './known-apps.js'

/** Shows one app: an entry of the catalogue as a definition to begin with, one of the configuration without its secrets. */
export function showApp(args: readonly string[]): string {
  const { values, positionals } = readOptions(args, { json: { type: 'boolean' } })
  const [name, ...more] = positionals
  if (name === undefined) throw new UsageError('apps show takes the name of an app.')
  refuseMore(more)
  const app = requireApp(knownApps(values.config).registry, name)
  const provenance = app.isFromCatalog ? catalogProvenance().get(app.slug) : undefined
  const shown = app.isFromCatalog ? app.definition : withoutSecrets(app.definition)
  if (values.json) return JSON.stringify({ ...shown, ...(provenance && { provenance }) }, undefined, 2)
  if (app.isFromCatalog) return definitionText(app.definition, remarks(app, provenance))
  return `# From the configuration; texts that are no templates are not shown where a credential is placed.\n${stringify(shown, { lineWidth: 0 })}`.trimEnd()
}

function remarks({ slug }: ListedApp, provenance: Provenance | undefined): readonly string[] {
  if (provenance === undefined) return [`${slug}, from the catalogue`]
  const { level, checked, sources } = provenance
  return [
    `${slug}, from the catalogue: ${level}, ${checked}`,
    ...sources.map((source) => `source: ${sourceText(source)}`),
  ]
}

function sourceText(source: Source): string {
  if (source.kind === 'npm') return [`npm ${source.package}@${source.version}`, source.file ?? ''].join(' ').trim()
  return [source.kind, source.url ?? ('file' in source ? (source.file ?? '') : '')].join(' ')
}

/** An operator's own definition may hold secrets: its OAuth client, keys in `auth`, even a default. */
function withoutSecrets({ auth, oauth, headers, custom_fields: fields, ...rest }: AppDefinition): object {
  return {
    ...rest,
    ...(fields && {
      custom_fields: fields.map(({ default: usual, ...field }) => ({ ...field, ...shownDefault(field, usual) })),
    }),
    auth: masked(auth ?? []),
    ...(headers && { headers: masked(headers) }),
    ...(oauth && { oauth: masked(oauth) }),
  }
}

function shownDefault({ type }: { readonly type?: string }, usual: string | undefined): { readonly default?: string } {
  return usual === undefined ? {} : { default: type === 'password' ? hidden : usual }
}

const hidden = '[not shown]'
const plainReference = /^\{\{\s*(?:custom_fields|credentials)\.[\w-]+\s*\}\}$/

/** Settings that say where, and never what. */
const openSettings =
  /^(?:kind|name|in|prefix|scheme|type|scope|scopes|.*_url|url|method|client_auth|pkce|hash|encoding)$/

function masked(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, name))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, key)]))
  }
  return typeof value !== 'string' || plainReference.test(value) || openSettings.test(name) ? value : hidden
}
