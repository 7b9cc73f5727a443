import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../../packages/catalog/scripts/compare.mjs', import.meta.url))

it('the catalogue agrees with grant, @auth/core and arctic, or somebody has said why it does not', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--agreements'])
  expect(stdout).toMatch(/^agreed: hubspot: @auth\/core: token_url https:/m)
  expect(stdout).toMatch(/^differs: slack: grant: .*: the vendor's SDK uses version 2/m)
  const [, agreements, open] = /(\d+) agreements, \d+ disagreements, of which (\d+) not resolved\.$/m.exec(stdout) ?? []
  expect(Number(agreements)).toBeGreaterThan(300)
  expect(open).toBe('0')
})
