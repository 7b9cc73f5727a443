import type { CallEvent } from '@proxy/core'
import { toAscii } from './ascii.js'

const needsEscape = /[^\x20-\x7e]|["\\]/
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The log line of one call, in ASCII: these fields and no others. Put together by hand, as it is written for every call. */
export function callLine(event: CallEvent, time: number): string {
  let line = `{"level":"${levelOf(event)}","time":${time},"msg":"call","request_id":"${event.requestId}"`
  line += `,"method":${quote(event.method)},"status":${event.status},"outcome":"${event.outcome}"`
  line += `,"duration_ms":${inHundredths(event.durationMs)},"attempts":${event.attempts}`
  line += identityText(event)
  if (event.upstreamHost !== undefined) line += `,"upstream_host":${quote(event.upstreamHost)}`
  if (event.upstreamPath !== undefined) line += `,"upstream_path":${quote(event.upstreamPath)}`
  if (event.code !== undefined) line += `,"code":"${event.code}"`
  if (event.reason !== undefined) line += `,"reason":${quote(event.reason)}`
  if (event.traceparent !== undefined && traceparentForm.test(event.traceparent)) {
    line += `,"traceparent":"${event.traceparent}"`
  }
  return `${line}}\n`
}

/** Two whole numbers are written in a third of the time of one with a fraction. */
function inHundredths(value: number): string {
  const hundredths = Math.round(value * 100)
  const rest = hundredths % 100
  return `${(hundredths - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`
}

interface KnownCaller {
  readonly dialect: string | undefined
  readonly project: string | undefined
  readonly environment: string | undefined
  readonly text: string
}

const known = new Map<string | undefined, KnownCaller>()
const knownMost = 10_000

/** Who called for whom. What is kept is kept for each client: a text for each app would be out of the caches by its next call. */
function identityText(event: CallEvent): string {
  const { client, app, account } = event
  let caller = known.get(client)
  if (caller === undefined || !isOf(caller, event)) {
    const { dialect, project, environment } = event
    caller = { dialect, project, environment, text: writeCaller(event) }
    if (known.size >= knownMost) known.clear()
    known.set(client, caller)
  }
  let { text } = caller
  if (app !== undefined) text += `,"app":${quote(app)}`
  if (account !== undefined) text += `,"account":${quote(account)}`
  return text
}

function isOf(known: KnownCaller, { project, environment, dialect }: CallEvent): boolean {
  return known.project === project && known.environment === environment && known.dialect === dialect
}

function writeCaller({ dialect, project, environment, client }: CallEvent): string {
  let text = ''
  if (dialect !== undefined) text += `,"dialect":${quote(dialect)}`
  if (project !== undefined) text += `,"project":${quote(project)}`
  if (environment !== undefined) text += `,"environment":"${environment}"`
  if (client !== undefined) text += `,"client":${quote(client)}`
  return text
}

function levelOf({ outcome, status }: CallEvent): string {
  if (status === 500) return 'error'
  return outcome === 'upstream-failed' || outcome === 'cut' ? 'warn' : 'info'
}

function quote(text: string): string {
  return needsEscape.test(text) ? toAscii(JSON.stringify(text)) : `"${text}"`
}
