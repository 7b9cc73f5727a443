import { createHash } from 'node:crypto'
import { type Account, type App, accountFaults, limitKey, SealError } from '@proxy/core'
import { type AccountLine, accountLineSchema, type LineValues, lineToAccount, openLine } from './account-line.js'
import type { ImportContext, ImportFormat, ImportRow } from './import-format.js'

/** What `accounts export` writes, and people write by hand: one account a line. */
export const jsonLines: ImportFormat = {
  async *read(source, context) {
    let line = 0
    for await (const text of source.lines()) {
      line += 1
      if (text.trim() === '') continue
      yield readLine(text, line, context)
    }
  },
}

function readLine(text: string, line: number, context: ImportContext): ImportRow {
  const faults: string[] = []
  const account = toAccount(text, context, faults)
  return { line, account: faults.length === 0 ? account : undefined, faults }
}

function toAccount(text: string, context: ImportContext, faults: string[]): Account | undefined {
  const line = toLine(parseJson(text), faults)
  if (line === undefined) return undefined
  const app = context.config.registry.find(line.app)
  if (app === undefined) faults.push(`app: ${line.app} is not the name_slug of a known app`)
  const scope = scopeOf(line, context, faults)
  const identity = scope && { ...scope, id: line.id ?? derivedId(line, scope) }
  const values = valuesOf(line, identity, context, faults)
  if (app !== undefined && values !== undefined) faults.push(...describeFaults(app, values))
  if (app === undefined || identity === undefined || values === undefined) return undefined
  return lineToAccount({ ...line, app: app.slug }, identity, values, context.now)
}

/** What is sound of the line is looked at all the same, so that every fault is told at once. */
function toLine(value: unknown, faults: string[]): AccountLine | undefined {
  const parsed = accountLineSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const unsound = new Set<string>()
  for (const { path, message, ...issue } of parsed.error.issues) {
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
    for (const place of places) {
      const name = place.length === 0 ? 'the line' : place.join('.')
      faults.push(`${name}: ${issue.code === 'unrecognized_keys' ? 'is not a known key' : message}`)
      unsound.add(String(place[0]))
    }
  }
  if (typeof value !== 'object' || value === null) return undefined
  const sound = Object.fromEntries(Object.entries(value).filter(([key]) => !unsound.has(key)))
  const rest = accountLineSchema.safeParse({ external_user_id: '?', ...sound })
  return rest.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    return undefined
  }
}

function scopeOf(line: AccountLine, context: ImportContext, faults: string[]) {
  const project = line.project ?? context.project
  const environment = line.environment ?? context.environment
  if (project === undefined) faults.push('project: is needed, here or as --project')
  else if (!context.config.projects.some(({ id }) => id === project)) {
    faults.push(`project: ${project} is not in the configuration`)
  }
  if (environment === undefined) faults.push('environment: is needed, here or as --environment')
  return project === undefined || environment === undefined ? undefined : { project, environment }
}

/** The same for the same account, so that an import can be run again. */
function derivedId(line: AccountLine, { project, environment }: Pick<Account, 'project' | 'environment'>): string {
  const name = limitKey([project, environment, line.app, line.external_user_id, line.external_id ?? ''])
  return `apn_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

function valuesOf(
  line: AccountLine,
  identity: Pick<Account, 'project' | 'environment' | 'id'> | undefined,
  { sealer }: ImportContext,
  faults: string[],
): LineValues | undefined {
  if (line.sealed === undefined) {
    return { custom_fields: line.custom_fields ?? {}, credentials: line.credentials ?? {} }
  }
  if (line.custom_fields !== undefined || line.credentials !== undefined) {
    faults.push('sealed: cannot stand beside custom_fields and credentials')
    return undefined
  }
  if (sealer === undefined) {
    faults.push('sealed: encryption.keys is needed to open it')
    return undefined
  }
  if (identity === undefined) return undefined
  try {
    return openLine(line.sealed, identity, sealer)
  } catch (error) {
    faults.push(`sealed: ${error instanceof SealError ? error.message : 'does not hold what it should.'}`)
    return undefined
  }
}

/** What keeps the app from working with an account of these values, a line each. */
function describeFaults(app: App, { custom_fields, credentials }: LineValues): readonly string[] {
  const faults = accountFaults(app, { customFields: custom_fields, credentials })
  return faults.map(({ source, name, message }) => `${source}.${name}: ${message}`)
}
