// Puts what `api-proxy apps probe --out FILE` found into the files of the catalogue: `node scripts/apply-patch.mjs FILE`.
// A patch is data alone: for each slug a merge patch (RFC 7396). Comments and order of the files stay.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseDocument } from 'yaml'
import { packageFolder, readCatalogFiles } from './catalog-files.mjs'

const [file] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('Name the file with the patch.\n')
  process.exit(2)
}
const files = new Map(readCatalogFiles().map(({ file: path, data }) => [data?.name_slug, join(packageFolder, path)]))
for (const [slug, patch] of Object.entries(parse(readFileSync(file, 'utf8')) ?? {})) {
  const path = files.get(slug)
  if (path === undefined) {
    process.stdout.write(`${slug}: is not in the catalogue\n`)
    continue
  }
  const document = parseDocument(readFileSync(path, 'utf8'))
  merge(document, [], patch)
  // Lists stand without spaces inside, objects with them.
  writeFileSync(path, document.toString({ lineWidth: 0 }).replace(/\[ ([^\]]*) \]/g, '[$1]'))
  process.stdout.write(`${slug}: patched\n`)
}

function merge(document, path, patch) {
  for (const [key, value] of Object.entries(patch)) {
    const place = [...path, key]
    if (value === null) document.deleteIn(place)
    else if (typeof value === 'object' && !Array.isArray(value)) merge(document, place, value)
    else document.setIn(place, value)
  }
}
