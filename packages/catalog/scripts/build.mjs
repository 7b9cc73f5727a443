// Makes of the files below `apps/` what a program loads: the definitions, and apart from them where their facts come from.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder, readCatalogFiles } from './catalog-files.mjs'

const files = readCatalogFiles()
const faults = files.flatMap(({ file, faults: some }) => some.map((message) => `${file}: ${message}`))
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(1)
}
const entries = files.map(({ data }) => data).sort((one, other) => (one.name_slug < other.name_slug ? -1 : 1))
const provenance = Object.fromEntries(entries.map((entry) => [entry.name_slug, entry.provenance]))
mkdirSync(join(packageFolder, 'dist'), { recursive: true })
write(
  'apps.json',
  entries.map(({ provenance: _, ...definition }) => definition),
)
write('provenance.json', provenance)

function write(name, value) {
  writeFileSync(join(packageFolder, 'dist', name), JSON.stringify(value))
}
