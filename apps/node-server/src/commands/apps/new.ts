import { createInterface } from 'node:readline/promises'
import { type AppDefinition, AppDefinitionError, compileApp } from '@proxy/core'
import { readOptions, refuseMore } from '../arguments.js'
import { UsageError } from '../usage-error.js'
import { definitionText } from './definition-text.js'
import { writeOrPrint } from './output.js'

/** How a credential may be placed, as it is asked for. */
const placings = 'bearer, basic, header:NAME, query:NAME, oauth2 or none'

const flags = {
  name: { type: 'string' },
  slug: { type: 'string' },
  base: { type: 'string' },
  auth: { type: 'string' },
  'authorize-url': { type: 'string' },
  'token-url': { type: 'string' },
  health: { type: 'string' },
  out: { type: 'string' },
} as const

interface Question {
  readonly flag: keyof typeof flags
  readonly text: string
  /** What an empty answer means; undefined asks for one. */
  readonly usual?: (answers: Readonly<Record<string, string>>) => string
  readonly isAsked?: (answers: Readonly<Record<string, string>>) => boolean
}

const isOAuth = ({ auth = '' }: Readonly<Record<string, string>>) => auth === 'oauth2'

const questions: readonly Question[] = [
  { flag: 'name', text: 'Name of the app' },
  { flag: 'slug', text: 'Slug, by which accounts name it', usual: ({ name = '' }) => slugOf(name) },
  { flag: 'base', text: 'Base URL of its API, such as https://api.acme.com/v1' },
  { flag: 'auth', text: `Where the credential goes: ${placings}`, usual: () => 'bearer' },
  { flag: 'authorize-url', text: 'URL where users give access', isAsked: isOAuth },
  { flag: 'token-url', text: 'URL where tokens are made', isAsked: isOAuth },
  { flag: 'health', text: 'Path of a cheap GET that proves a credential (may be empty)', usual: () => '' },
]

/** Makes a definition of flags, and of answers to questions where there is no flag. */
export async function newApp(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, flags)
  refuseMore(positionals)
  const answers = await ask(values)
  const definition = toDefinition(answers)
  try {
    compileApp(definition)
  } catch (error) {
    if (error instanceof AppDefinitionError) throw new UsageError(error.message)
    throw error
  }
  const remark = 'Put this into the configuration; what else an app can say is in docs/apps.md.'
  return writeOrPrint(definitionText(definition, [remark]), values.out)
}

/** Flags that are there are not asked for; without a flag that has to be, the end of the input is a `UsageError`. */
async function ask(values: Readonly<Record<string, string | undefined>>): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  const isBatch = questions.every(
    ({ flag, usual, isAsked }) => values[flag] !== undefined || usual !== undefined || isAsked !== undefined,
  )
  const lines = isBatch ? undefined : createInterface({ input: process.stdin, terminal: false })
  const input = lines?.[Symbol.asyncIterator]()
  for (const { flag, text, usual, isAsked } of questions) {
    if (isAsked?.(answers) === false) continue
    let answer = values[flag]
    if (answer === undefined && input !== undefined) {
      const shown = usual?.(answers)
      process.stderr.write(`${text}${shown ? ` [${shown}]` : ''}: `)
      const line = await input.next()
      answer = line.done === true ? undefined : line.value.trim()
    }
    if (answer === undefined || answer === '') answer = usual?.(answers)
    if (answer === undefined) throw new UsageError(`--${flag} is needed: ${text}.`)
    answers[flag] = answer
  }
  lines?.close()
  return answers
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
}

function toDefinition(answers: Readonly<Record<string, string>>): AppDefinition {
  const { name = '', slug = '', base = '', auth = '', health = '' } = answers
  const { authorize_url, token_url } = { authorize_url: answers['authorize-url'], token_url: answers['token-url'] }
  const placed = placing(auth)
  return {
    name_slug: slug,
    name,
    auth_type: placed.auth_type,
    ...(placed.custom_fields.length > 0 && { custom_fields: placed.custom_fields }),
    connect: { base_proxy_target_url: base },
    auth: placed.auth,
    ...(authorize_url !== undefined && token_url !== undefined && { oauth: { authorize_url, token_url } }),
    ...(health !== '' && { health: { path: health } }),
  }
}

function placing(text: string): Required<Pick<AppDefinition, 'auth_type' | 'custom_fields' | 'auth'>> {
  const key = { name: 'api_key', label: 'API key', type: 'password' } as const
  const value = '{{custom_fields.api_key}}'
  const [kind = '', name = ''] = text.split(':', 2)
  if (kind === 'none') return { auth_type: 'none', custom_fields: [], auth: [{ kind }] }
  if (kind === 'oauth2') return { auth_type: 'oauth', custom_fields: [], auth: [{ kind: 'bearer' }] }
  if (kind === 'bearer') return { auth_type: 'keys', custom_fields: [key], auth: [{ kind, token: value }] }
  if ((kind === 'header' || kind === 'query') && name !== '') {
    return { auth_type: 'keys', custom_fields: [key], auth: [{ kind, name, value }] }
  }
  if (kind === 'basic') {
    const custom_fields = [
      { name: 'username', label: 'User name' },
      { name: 'password', label: 'Password', type: 'password' },
    ] as const
    return { auth_type: 'keys', custom_fields, auth: [{ kind }] }
  }
  throw new UsageError(`--auth is ${placings}.`)
}
