import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = new URL('../../../../', import.meta.url)
/** What the page writes in place of longer folders. */
const short = { 'security/': 'tests/system/src/security/', 'core/': 'packages/core/src/' }

it('every test that the security page names is there', () => {
  const page = readFileSync(new URL('docs/security.md', root), 'utf8')
  const named = [...page.matchAll(/`([\w./-]+(?:\.test\.ts|\/refresh\/))`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(40)
  for (const path of named) {
    const [prefix, folder] = Object.entries(short).find(([start]) => path.startsWith(start)) ?? ['', '']
    const whole = folder + path.slice(prefix.length)
    expect(existsSync(fileURLToPath(new URL(whole, root))), whole).toBe(true)
  }
})
