import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { UsageError } from '../usage-error.js'
import type { ImportSource } from './import-format.js'

/** A file, read as often as it is asked for; or `-` for standard input, which is kept in memory. */
export async function openSource(path: string): Promise<ImportSource> {
  if (path === '-') {
    const whole = Buffer.concat(await process.stdin.toArray()).toString()
    return { name: 'stdin', lines: () => linesOf(Readable.from([whole])), text: async () => whole }
  }
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new UsageError(`There is no file ${path}.`)
  return { name: path, lines: () => linesOf(createReadStream(path)), text: () => readFile(path, 'utf8') }
}

function linesOf(input: Readable): AsyncIterable<string> {
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}
