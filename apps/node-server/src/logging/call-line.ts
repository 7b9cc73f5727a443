import type { CallEvent } from '@proxy/core'

const needsEscape = /[^\x20-\x7e]|["\\]/
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The log line of one call: these fields and no others. Put together by hand, as it is written for every call. */
export function callLine(event: CallEvent, time: number): string {
  let line = `{"level":"${levelOf(event)}","time":${time},"msg":"call","request_id":${quote(event.requestId)}`
  line += `,"method":${quote(event.method)},"status":${event.status},"outcome":"${event.outcome}"`
  line += `,"duration_ms":${Math.round(event.durationMs * 100) / 100},"attempts":${event.attempts}`
  if (event.dialect !== undefined) line += `,"dialect":${quote(event.dialect)}`
  if (event.project !== undefined) line += `,"project":${quote(event.project)}`
  if (event.environment !== undefined) line += `,"environment":"${event.environment}"`
  if (event.client !== undefined) line += `,"client":${quote(event.client)}`
  if (event.app !== undefined) line += `,"app":${quote(event.app)}`
  if (event.account !== undefined) line += `,"account":${quote(event.account)}`
  if (event.upstreamHost !== undefined) line += `,"upstream_host":${quote(event.upstreamHost)}`
  if (event.upstreamPath !== undefined) line += `,"upstream_path":${quote(event.upstreamPath)}`
  if (event.code !== undefined) line += `,"code":"${event.code}"`
  if (event.reason !== undefined) line += `,"reason":${quote(event.reason)}`
  if (event.traceparent !== undefined && traceparentForm.test(event.traceparent)) {
    line += `,"traceparent":"${event.traceparent}"`
  }
  return `${line}}\n`
}

function levelOf({ outcome, status }: CallEvent): string {
  if (status === 500) return 'error'
  return outcome === 'upstream-failed' || outcome === 'cut' ? 'warn' : 'info'
}

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`
}
