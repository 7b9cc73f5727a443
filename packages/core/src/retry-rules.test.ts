import { describe, expect, it } from 'vitest'
import type { RetryRules } from './app-definition.js'
import { AppDefinitionError, compileApp } from './app-registry.js'

function compile(retry: RetryRules) {
  return compileApp({ name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [], connect: {}, retry }).retry
}

describe('an app’s retry rules', () => {
  it('have header names in lower case and lists of them', () => {
    const rules = compile({ after: 'Retry-After', at: ['X-Reset', 'x-other'], remaining: 'X-Left', attempts: 2 })
    expect(rules).toMatchObject({
      after: ['retry-after'],
      at: ['x-reset', 'x-other'],
      remaining: 'x-left',
      attempts: 2,
    })
    expect(compile({})).toMatchObject({ after: [], at: [], remaining: undefined, attempts: 0, isRetryable: undefined })
  })

  it('know statuses, classes of them and ranges', () => {
    const { isRetryable } = compile({ error_code: ['403', '5xx', '420-422'] })
    const retryable = [400, 403, 404, 419, 420, 422, 423, 499, 500, 599, 600].filter((status) => isRetryable?.(status))
    expect(retryable).toEqual([403, 420, 422, 500, 599])
    expect(compile({ error_code: [] }).isRetryable?.(500)).toBe(false)
  })

  it.each<[string, RetryRules]>([
    ['retry.error_code[1]', { error_code: ['500', '600'] }],
    ['retry.error_code[0]', { error_code: ['5xx-502'] }],
    ['retry.error_code[0]', { error_code: ['502-500'] }],
    ['retry.after', { after: ['retry-after', 'retry after'] }],
    ['retry.at', { at: 'x:reset' }],
    ['retry.remaining', { remaining: 'x remaining' }],
    ['retry.attempts', { attempts: 11 }],
  ])('name the fault in %s', (field, retry) => {
    let faults: readonly string[] = []
    try {
      compile(retry)
    } catch (error) {
      faults = error instanceof AppDefinitionError ? error.faults.map(({ fault }) => fault.field) : []
    }
    expect(faults).toEqual([field])
  })
})
