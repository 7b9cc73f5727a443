import { readFileSync } from 'node:fs'
import { AppDefinitionError, compileApp } from '@proxy/core'
import { parse } from 'yaml'
import { readOptions, refuseMore } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { UsageError } from '../usage-error.js'
import { definitionText } from './definition-text.js'
import { toDefinition } from './openapi/to-definition.js'
import { writeOrPrint } from './output.js'

const documentBytesMost = 50 * 1024 * 1024

/** Makes of an OpenAPI document (2.0, 3.0, 3.1; JSON or YAML) a definition to review, with what could not be decided. */
export async function importDefinition(args: readonly string[]): Promise<string> {
  const options = { slug: { type: 'string' }, out: { type: 'string' } } as const
  const { values, positionals } = readOptions(args, options)
  const [form, place, ...more] = positionals
  if (form !== 'openapi' || place === undefined) throw new UsageError('apps import takes openapi and a file or URL.')
  refuseMore(more)
  const { definition, undecided } = toDefinition(await readDocument(place), { slug: values.slug, place })
  const remarks = [...undecided, ...compileFaults(definition)].map((remark) => `to decide: ${remark}`)
  return writeOrPrint(definitionText(definition, [`Made of ${place}: review every line.`, ...remarks]), values.out)
}

function compileFaults(definition: Parameters<typeof compileApp>[0]): readonly string[] {
  try {
    compileApp(definition)
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => `${fault.field} ${fault.message}`)
  }
}

async function readDocument(place: string): Promise<unknown> {
  const text = /^https?:\/\//.test(place) ? await fetchText(place) : readText(place)
  try {
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    const [message = ''] = error instanceof Error ? error.message.split('\n') : []
    throw new CommandFailed(`${place} is neither JSON nor YAML: ${message}`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new CommandFailed(`${file} cannot be read (${code}).`)
  }
}

/** The operator's own call from the operator's own machine, so that it may also go to an address in the company. */
async function fetchText(url: string): Promise<string> {
  let response: Response
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json, application/yaml, */*' },
      signal: AbortSignal.timeout(60_000),
    })
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : 'no answer'
    throw new CommandFailed(`${url} cannot be read: ${reason}`)
  }
  if (!response.ok) throw new CommandFailed(`${url} cannot be read: it answers ${response.status}.`)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > documentBytesMost) throw new CommandFailed(`${url} is larger than 50 MiB.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
