import { describe, expect, it } from 'vitest'
import { RedisFault, toFault } from './redis-fault.js'

const secret = 'word-of-redis'

function clientError(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), { command: { name: 'hello', args: ['3', 'AUTH', secret] }, ...fields })
}

describe('a fault', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [clientError("OOM command not allowed when used memory > 'maxmemory'. script: 1f"), 'OOM'],
    [clientError('WRONGPASS invalid username-password pair or user is disabled.'), 'WRONGPASS'],
    [clientError('-READONLY You can’t write against a read only replica.'), 'READONLY'],
    [clientError('ERR unknown command'), 'ERR'],
    [clientError('connect ECONNREFUSED 10.0.0.1:6379', { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [clientError('Failed to refresh slots cache.', { lastNodeError: clientError('NOAUTH x') }), 'NOAUTH'],
    [clientError('Connection is closed.'), 'not-connected'],
    [clientError('Something else'), 'unknown'],
    ['no error at all', 'unknown'],
    [new RedisFault('timeout'), 'timeout'],
  ]

  it.each(cases)('has the code of %s', (error, code) => {
    expect(toFault(error).code).toBe(code)
  })

  it('keeps nothing of what was sent', () => {
    for (const [error] of cases) {
      const fault = toFault(error)
      expect(JSON.stringify([fault, fault.message, fault.stack, Object.entries(fault), fault.cause])).not.toContain(
        secret,
      )
    }
  })
})
