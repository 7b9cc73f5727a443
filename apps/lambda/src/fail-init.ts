import { ConfigError, type LineSink } from '@proxy/composition'

/**
 * Why the function does not start, as one line in the log and as the error that Lambda shows. Throws it, without the
 * stack, which says nothing to whoever has to mend a setting.
 */
export function failInit(error: unknown, sink: LineSink): never {
  const isSetting = error instanceof ConfigError
  const text = error instanceof Error ? error.message : 'The function failed to start.'
  const message = text.replace(/\s*\n\s*/g, '; ')
  sink.write(
    `${JSON.stringify({ level: 'error', time: Date.now(), msg: `The function does not start: ${message}` })}\n`,
  )
  const failure = new Error(message)
  failure.name = isSetting ? 'ConfigError' : 'InitError'
  failure.stack = `${failure.name}: ${message}`
  throw failure
}
