import { writeFileSync } from 'node:fs'
import { CommandFailed } from '../command-failed.js'

/** Writes a text to a new file, or gives it back to be printed. Never overwrites. */
export function writeOrPrint(text: string, file: string | undefined): string {
  if (file === undefined) return text
  try {
    writeFileSync(file, `${text}\n`, { flag: 'wx' })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new CommandFailed(code === 'EEXIST' ? `${file} is there already.` : `${file} cannot be written (${code}).`)
  }
  return `Wrote ${file}.`
}
