import { readHttpDate } from '@proxy/core'
import { z } from 'zod'

export interface NangoHostOptions {
  /** Where its API is, such as `https://api.nango.dev`; a path before it is kept. */
  readonly url: string
  readonly secretKey: string
  readonly fetch: typeof fetch
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>
  /** Epoch milliseconds. */
  now(): number
  /** Is told why a request is sent again, and after how long. */
  onWait?(reason: string, ms: number): void
}

/** A connection as lists have it. */
export type SourceRow = z.output<typeof rowSchema>
/** A connection with its credentials. */
export type SourceConnection = z.output<typeof connectionSchema>
/** What an integration holds for all of its connections, such as its OAuth client. */
export type SourceIntegration = z.output<typeof integrationSchema>['credentials']

/** A server that speaks Nango's wire form, read with a secret key of one of its environments. */
export interface NangoHost {
  /** Page by page, each connection once. Throws a `HostError`. */
  rows(): AsyncGenerator<SourceRow, void, undefined>
  /** With refresh token. Throws a `HostError`. */
  connection(row: SourceRow): Promise<SourceConnection>
  /** Undefined when the host does not tell. Throws a `HostError` when it is away. */
  integration(key: string): Promise<SourceIntegration | undefined>
}

/** What keeps a host from being read. */
export class HostError extends Error {
  override readonly name = 'HostError'
  /** No other question will be answered either. */
  readonly isFinal: boolean

  constructor(message: string, { isFinal }: { readonly isFinal: boolean }) {
    super(message)
    this.isFinal = isFinal
  }
}

const rowsOfPage = 500
const attemptsMost = 6
const waitMostMs = 5 * 60_000
const answerWithinMs = 60_000
const answerBytesMost = 256 * 2 ** 20

const anyObject = z.record(z.string(), z.unknown())
const optionalObject = anyObject.nullish().catch(undefined)
const optionalText = z.string().nullish().catch(undefined)

const rowSchema = z.object({
  connection_id: z.string(),
  provider_config_key: z.string(),
  provider: optionalText,
  created: optionalText,
})

const listSchema = z.object({ connections: z.array(z.unknown()) })

const connectionSchema = z.object({
  credentials: anyObject.nullish().transform((given) => given ?? {}),
  connection_config: optionalObject,
  metadata: optionalObject,
  tags: optionalObject,
  end_user: optionalObject,
  created_at: optionalText,
})

const integrationSchema = z.object({ credentials: anyObject.nullish().catch(undefined) })

export function nangoHost(options: NangoHostOptions): NangoHost {
  const base = options.url.replace(/\/+$/, '')

  async function get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(path)
      if (answer.again === undefined) return answer
      const ms = answer.waitMs ?? Math.min(60_000, 1_000 * 2 ** (attempt - 1))
      if (attempt === attemptsMost) throw new HostError(`${answer.again}, ${attemptsMost} times`, answer)
      if (ms > waitMostMs) {
        throw new HostError(`${answer.again} and asks for a wait of ${Math.ceil(ms / 1_000)} s`, { isFinal: true })
      }
      options.onWait?.(answer.again, ms)
      await options.wait(ms)
    }
  }

  /** One attempt; `again` says why there should be another. */
  async function ask(path: string): Promise<Attempt> {
    let response: Response
    let text: string
    try {
      response = await options.fetch(`${base}${path}`, {
        headers: { authorization: `Bearer ${options.secretKey}`, accept: 'application/json' },
        // A host that sends its callers elsewhere would send the key along.
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      })
      text = await readText(response)
    } catch (error) {
      if (error instanceof HostError) throw error
      return { status: 0, body: undefined, again: `the host cannot be reached (${codeOf(error)})`, isFinal: true }
    }
    const { status } = response
    if (status >= 300 && status <= 399) {
      throw new HostError(`the host redirects (${status}): name the address that it leads to`, { isFinal: true })
    }
    const body = parse(text)
    if (status !== 429 && status < 500) return { status, body, isFinal: false }
    return { status, body, again: `the host answers ${statusText(status, body)}`, isFinal: false, ...waitOf(response) }
  }

  function waitOf({ headers }: Response): { readonly waitMs?: number } {
    const text = headers.get('retry-after')?.trim() ?? ''
    if (/^\d{1,9}$/.test(text)) return { waitMs: Number(text) * 1_000 }
    const time = readHttpDate(text)
    return time === undefined ? {} : { waitMs: Math.max(0, time - options.now()) }
  }

  return {
    async *rows() {
      const seen = new Set<string>()
      for (let page = 0; ; page += 1) {
        const { status, body } = await get(`/connections?limit=${rowsOfPage}&page=${page}`)
        if (status === 401 || status === 403) throw refusesKey(status)
        const list = listSchema.safeParse(body)
        if (status !== 200 || !list.success)
          throw new HostError(`the host does not list connections (${statusText(status, body)}): is it Nango's API?`, {
            isFinal: true,
          })
        const before = seen.size
        for (const value of list.data.connections) {
          const row = rowSchema.safeParse(value)
          if (!row.success)
            throw new HostError('the host lists a connection without connection_id or provider_config_key', {
              isFinal: true,
            })
          const name = JSON.stringify([row.data.provider_config_key, row.data.connection_id])
          if (seen.has(name)) continue
          seen.add(name)
          yield row.data
        }
        // Some hosts give fewer than were asked for, and some give everything on every page.
        if (seen.size === before) return
      }
    },
    async connection({ connection_id: id, provider_config_key: key }) {
      const query = new URLSearchParams({ provider_config_key: key, refresh_token: 'true' })
      const { status, body } = await get(`/connections/${encodeURIComponent(id)}?${query}`)
      if (status === 401) throw refusesKey(status)
      const connection = connectionSchema.safeParse(body)
      if (status === 200 && connection.success) return connection.data
      throw new HostError(`the host answers ${statusText(status, body)}`, { isFinal: false })
    },
    async integration(key) {
      const { status, body } = await get(`/integrations/${encodeURIComponent(key)}?include=credentials`)
      const parsed = z.object({ data: integrationSchema }).safeParse(body)
      return status === 200 && parsed.success ? parsed.data.data.credentials : undefined
    },
  }
}

interface Attempt {
  readonly status: number
  readonly body: unknown
  readonly again?: string
  readonly waitMs?: number
  readonly isFinal: boolean
}

function refusesKey(status: number): HostError {
  return new HostError(`the host refuses the key (${status}): is it the secret key of the environment to move?`, {
    isFinal: true,
  })
}

/** Status and code. Messages are not shown: a host could put anything into them. */
function statusText(status: number, body: unknown): string {
  const parsed = z.object({ error: z.object({ code: z.string().regex(/^\w{1,64}$/) }) }).safeParse(body)
  return parsed.success ? `${status} ${parsed.data.error.code}` : String(status)
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > answerBytesMost) throw new HostError('the host sends an answer without end', { isFinal: true })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'unknown reason'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
