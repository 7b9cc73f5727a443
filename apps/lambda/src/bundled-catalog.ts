import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { AppDefinition } from '@proxy/core'

/** The catalogue as the build has put it beside this bundle. */
export function bundledCatalog(): readonly AppDefinition[] {
  const bytes = brotliDecompressSync(readFileSync(new URL('catalog.json.br', import.meta.url)))
  return JSON.parse(bytes.toString('utf8')) as AppDefinition[]
}
