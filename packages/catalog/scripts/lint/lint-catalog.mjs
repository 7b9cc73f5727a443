import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageFolder, readCatalogFiles } from '../catalog-files.mjs'
import { lintEntry } from './lint-entry.mjs'

/**
 * Everything that is wrong with a catalogue, as `file: field message`.
 *
 * @param {string} [folder]
 * @param {ReadonlySet<string>} [only] slugs; all files count for what must be unique
 * @returns {{ faults: string[], files: number }}
 */
export function lintCatalog(folder = packageFolder, only) {
  const files = readCatalogFiles(folder)
  const vendors = parse(readFileSync(join(folder, 'vendor-domains.yaml'), 'utf8')) ?? []
  const chosen = files.filter(({ file }) => only === undefined || only.has(slugOf(file)))
  const faults = chosen.flatMap((file) =>
    lintEntry(file, vendors).map(({ field, message }) => `${file.file}: ${field} ${message}`),
  )
  faults.push(...lintNames(files, new Set(chosen.map(({ file }) => file))))
  for (const slug of only ?? []) {
    if (!chosen.some(({ file }) => slugOf(file) === slug)) faults.push(`${slug}: there is no such file below apps/`)
  }
  return { faults, files: chosen.length }
}

function slugOf(file) {
  return file.replace(/^.*\//, '').replace(/\.yaml$/, '')
}

/** Slugs and aliases are names in one space. */
function lintNames(files, chosen) {
  const holders = new Map()
  for (const { file, data } of files) {
    const aliases = Array.isArray(data?.aliases) ? data.aliases : []
    const names = [['name_slug', data?.name_slug], ...aliases.map((alias, index) => [`aliases[${index}]`, alias])]
    for (const [field, name] of names) {
      if (typeof name !== 'string') continue
      holders.set(name, [...(holders.get(name) ?? []), { file, field }])
    }
  }
  return [...holders].flatMap(([name, places]) => {
    if (places.length < 2) return []
    return places
      .filter(({ file }) => chosen.has(file))
      .map(({ file, field }) => {
        const others = places.filter((other) => other.file !== file || other.field !== field)
        return `${file}: ${field} ${name} is also a name in ${others.map((other) => `${other.file} (${other.field})`).join(', ')}: keep it in one`
      })
  })
}
