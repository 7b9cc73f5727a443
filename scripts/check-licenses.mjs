// Every package that reaches a user is under a licence that asks for nothing but to be named.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { isPermissive } from './licenses.mjs'

const output = execFileSync(
  process.execPath,
  [join(root, '.tools/node_modules/pnpm/bin/pnpm.cjs'), 'licenses', 'list', '--prod', '--json'],
  { cwd: root, env: cleanEnvironment(), encoding: 'utf8' },
)
const byLicense = Object.entries(JSON.parse(output))
const refused = byLicense.filter(([license]) => !isPermissive(license))
for (const [license, packages] of refused) {
  process.stderr.write(`${license}: ${packages.map(({ name }) => name).join(', ')}\n`)
}
const count = byLicense.reduce((sum, [, packages]) => sum + packages.length, 0)
process.stderr.write(
  refused.length === 0 ? `${count} production dependencies, all permissive.\n` : 'These licences are not allowed.\n',
)
process.exitCode = refused.length === 0 ? 0 : 1
