import type { CallEvent } from '@proxy/core'

const needsEscape = /[^\x20-\x7e]|["\\]/
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The log line of one call: these fields and no others. Put together by hand, as it is written for every call. */
export function callLine(event: CallEvent, time: number): string {
  let line = `{"level":"${levelOf(event)}","time":${time},"msg":"call","request_id":"${event.requestId}"`
  line += `,"method":${quote(event.method)},"status":${event.status},"outcome":"${event.outcome}"`
  line += `,"duration_ms":${Math.round(event.durationMs * 100) / 100},"attempts":${event.attempts}`
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

interface KnownIdentity {
  readonly dialect: string | undefined
  readonly project: string | undefined
  readonly environment: string | undefined
  readonly client: string | undefined
  readonly text: string
}

const known = new Map<string | undefined, KnownIdentity>()
const knownMost = 10_000

/** Who called for whom: but for the account, the same text for most calls to an app. */
function identityText(event: CallEvent): string {
  const { app, account } = event
  let identity = known.get(app)
  if (identity === undefined || !isOf(identity, event)) {
    const { dialect, project, environment, client } = event
    identity = { dialect, project, environment, client, text: writeIdentity(event) }
    if (known.size >= knownMost) known.clear()
    known.set(app, identity)
  }
  return account === undefined ? identity.text : `${identity.text},"account":${quote(account)}`
}

function isOf(known: KnownIdentity, { client, project, environment, dialect }: CallEvent): boolean {
  return (
    known.client === client &&
    known.project === project &&
    known.environment === environment &&
    known.dialect === dialect
  )
}

function writeIdentity({ dialect, project, environment, client, app }: CallEvent): string {
  let text = ''
  if (dialect !== undefined) text += `,"dialect":${quote(dialect)}`
  if (project !== undefined) text += `,"project":${quote(project)}`
  if (environment !== undefined) text += `,"environment":"${environment}"`
  if (client !== undefined) text += `,"client":${quote(client)}`
  if (app !== undefined) text += `,"app":${quote(app)}`
  return text
}

function levelOf({ outcome, status }: CallEvent): string {
  if (status === 500) return 'error'
  return outcome === 'upstream-failed' || outcome === 'cut' ? 'warn' : 'info'
}

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`
}
