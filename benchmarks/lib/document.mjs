import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Puts the tables of a run into a document, each between `<!-- figures: NAME -->` and `<!-- end of figures -->`.
 * Scenarios that were not run, and those that the document does not name, stay as they are.
 */
export function writeFigures(path, tables) {
  writeFileSync(path, replaceFigures(readFileSync(path, 'utf8'), tables))
}

/** The text with the tables, by the name of their scenario, in their places. */
export function replaceFigures(text, tables) {
  return text.replace(/(<!-- figures: (\S+) -->\n)[\s\S]*?(<!-- end of figures -->)/g, (whole, start, name, end) =>
    tables.has(name) ? `${start}\n${tables.get(name)}\n\n${end}` : whole,
  )
}
