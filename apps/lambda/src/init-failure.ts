import { ConfigError } from '@proxy/composition'

/**
 * Why the function does not start, as the one error that Lambda logs and shows: a single line, without a stack, which
 * says nothing to whoever has to mend a setting.
 */
export function initFailure(error: unknown): Error {
  const isSetting = error instanceof ConfigError
  const text = error instanceof Error ? error.message : 'The function failed to start.'
  const message = text.replace(/\s*\n\s*/g, '; ')
  const failure = new Error(message)
  failure.name = isSetting ? 'ConfigError' : 'InitError'
  failure.stack = `${failure.name}: ${message}`
  return failure
}
