import { catalogApps } from '@proxy/catalog'
import { describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { goldenCall } from './golden-call.js'

// Nonces are the one thing that no port hands in.
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomBytes: (size: number) => Buffer.alloc(size, 7),
  randomUUID: () => '00000000-0000-4000-8000-000000000000',
}))

const letters = [...new Set(catalogApps().map(({ name_slug: slug }) => letterOf(slug)))]

function letterOf(slug: string): string {
  return /^[a-z]/.test(slug) ? slug.slice(0, 1) : '0-9'
}

/** What goes out for every app. After a change that is meant: `npx vitest run tests/catalogue -u`, and look at the difference. */
describe('the call of an app goes out as it always did', () => {
  it.each(letters)('%s', async (letter) => {
    const table: Record<string, object> = {}
    for (const definition of catalogApps()) {
      if (letterOf(definition.name_slug) === letter) table[definition.name_slug] = await goldenCall(definition)
    }
    await expect(stringify(table, { lineWidth: 0 })).toMatchFileSnapshot(`../golden/${letter}.yaml`)
  })
})
