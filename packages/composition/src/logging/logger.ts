import type { AttemptEvent, Hook, PartEvent, RefreshEvent } from '@proxy/core'
import { type Logger, pino, stdTimeFunctions } from 'pino'
import { toAscii } from './ascii.js'
import { callLine } from './call-line.js'

/** Where lines go: ASCII, each ends in a newline. */
export interface LineSink {
  write(line: string): void
}

export interface LogSettings {
  readonly level: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** One line for each call. */
  readonly calls: boolean
}

/** JSON lines for everything but calls. */
export function createLogger(writer: LineSink, level: LogSettings['level']): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.epochTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are logged by name and code; anything else that reaches this key says its type alone.
      serializers: { err: describeFault },
    },
    { write: (line) => writer.write(toAscii(line)) },
  )
}

/** Writes what happens; no event has room for a secret. */
export function logHook(writer: LineSink, logger: Logger, settings: LogSettings): Hook {
  const logsCalls = settings.calls && logger.isLevelEnabled('info')
  return (event) => {
    switch (event.type) {
      case 'call':
        if (logsCalls) writer.write(callLine(event, Date.now()))
        break
      case 'attempt':
        logger.info(attemptFields(event), 'attempt')
        break
      case 'refresh':
        logger[event.outcome === 'refreshed' ? 'info' : 'warn'](refreshFields(event), 'refresh')
        break
      case 'part':
        logger[event.state === 'ok' ? 'info' : 'warn'](partFields(event), 'part')
        break
    }
  }
}

/** Name and code: messages of errors can carry URLs and bytes. */
export function describeFault(fault: unknown): { readonly name: string; readonly code?: string; readonly at?: string } {
  if (!(fault instanceof Error)) return { name: typeof fault }
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined
  const at = /\n\s+at (.+)/.exec(fault.stack ?? '')?.[1]
  return { name: fault.name, ...(code !== undefined && { code }), ...(at !== undefined && { at }) }
}

function attemptFields({ requestId, dialect, app, attempt, status, code, waitMs }: AttemptEvent): object {
  return { request_id: requestId, dialect, app, attempt, status, code, wait_ms: waitMs }
}

function refreshFields({ project, environment, account, app, outcome, reason }: RefreshEvent): object {
  return { project, environment, account, app, outcome, reason }
}

function partFields({ part, state, reason }: PartEvent): object {
  return { part, state, reason }
}
