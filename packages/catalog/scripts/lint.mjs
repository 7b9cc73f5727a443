// Says everything that is wrong with the catalogue: `node scripts/lint.mjs [--only slug,slug]`.
import { parseArgs } from 'node:util'
import { lintCatalog } from './lint/lint-catalog.mjs'

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const only = values.only === undefined ? undefined : new Set(values.only.split(',').map((slug) => slug.trim()))
const { faults, files } = lintCatalog(undefined, only)
for (const fault of faults) process.stdout.write(`${fault}\n`)
process.stdout.write(
  faults.length === 0 ? `${files} files, nothing wrong.\n` : `${files} files, ${faults.length} faults.\n`,
)
process.exitCode = faults.length === 0 ? 0 : 1
