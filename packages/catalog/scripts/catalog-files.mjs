import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'

/** The folder of the package. */
export const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/**
 * One file of the catalogue. `data` is what the YAML says, perhaps no object at all; `faults` are those of its syntax.
 *
 * @typedef {{ file: string, data: any, faults: readonly string[] }} CatalogFile
 */

/**
 * All files below `apps/` of a folder, ascending by path, which is given relative to the folder.
 *
 * @param {string} folder
 * @returns {CatalogFile[]}
 */
export function readCatalogFiles(folder = packageFolder) {
  return readdirSync(join(folder, 'apps'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/').replace(/^\//, ''))
    .sort()
    .map((file) => readCatalogFile(folder, file))
}

/** @returns {CatalogFile} */
function readCatalogFile(folder, file) {
  const document = parseDocument(readFileSync(join(folder, file), 'utf8'), { prettyErrors: true })
  const faults = [...document.errors, ...document.warnings].map(({ message }) => message.split('\n')[0] ?? message)
  return { file, data: faults.length === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined, faults }
}
