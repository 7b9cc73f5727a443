import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { AppDefinition } from './app-definition.js'
import { createAppRegistry } from './app-registry.js'
import { strategies } from './auth/index.js'

const page = readFileSync(new URL('../../../docs/apps.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
const usual = ['api_key', 'username', 'password', 'client_id', 'client_secret', 'access_key_id', 'secret_access_key']

/** A block is a whole configuration of apps, or what differs from a plain one. */
function definitionsOf(block: string): readonly AppDefinition[] {
  const parsed: Partial<AppDefinition> & { readonly apps?: readonly AppDefinition[] } = parse(block)
  const frame = {
    name_slug: 'example',
    name: 'Example',
    auth_type: 'keys',
    connect: { base_proxy_target_url: 'https://api.example.com' },
    custom_fields: usual.map((name) => ({ name })),
    auth: [],
  } as const
  return parsed.apps ?? [{ ...frame, ...parsed }]
}

describe('docs/apps.md', () => {
  it.each(
    blocks.map((block) => [
      block
        .split('\n')
        .find((line) => line.includes('kind:'))
        ?.trim() ?? '',
      block,
    ]),
  )('compiles: %s', (_, block) => {
    expect(createAppRegistry(definitionsOf(block)).list().length).toBeGreaterThan(0)
  })

  it('would fail on an example with a mistake', () => {
    const [first = ''] = blocks
    expect(() => createAppRegistry(definitionsOf(first.replace('kind: header', 'kind: haeder')))).toThrow(
      'auth[0].kind',
    )
  })

  it('shows every kind, and no other', () => {
    const shown = new Set(blocks.flatMap(definitionsOf).flatMap(({ auth }) => auth.map(({ kind }) => kind)))
    expect([...shown].sort()).toEqual([...strategies.keys()].sort())
  })
})
