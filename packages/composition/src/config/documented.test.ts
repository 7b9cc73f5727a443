import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { configJsonSchema } from './json-schema.js'

const text = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')

/** The names of all keys at any depth. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf)
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, value]) => {
    if (name !== 'properties') return keysOf(value)
    return Object.entries(value as object).flatMap(([key, inner]) => [key, ...keysOf(inner)])
  })
}

it('every section and key of the configuration is in its documentation', () => {
  const { properties } = configJsonSchema() as { properties: Record<string, unknown> }
  const { apps: _, ...sections } = properties
  const missing = keysOf({ properties: sections }).filter((key) => !new RegExp(`\\b${key}\\b`).test(text))
  expect(missing).toEqual([])
})
