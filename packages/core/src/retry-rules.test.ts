import { describe, expect, it } from 'vitest'
import type { AppDefinition, RetryRules } from './app-definition.js'
import { AppDefinitionError, compileApp } from './app-registry.js'

function compile(retry: RetryRules | undefined, more: Partial<AppDefinition> = {}) {
  const definition: AppDefinition = { name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [], connect: {} }
  return compileApp({ ...definition, ...(retry && { retry }), ...more }).retry
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

  it('know the vendor’s own idempotency header, or else the usual ones', () => {
    expect(compile({}).idempotencyKeys).toEqual(['idempotency-key', 'x-idempotency-key'])
    expect(compile(undefined).idempotencyKeys).toEqual(['idempotency-key', 'x-idempotency-key'])
    expect(compile(undefined, { idempotency_header: 'X-Write-Id' }).idempotencyKeys).toEqual(['x-write-id'])
    expect(() => compile({}, { idempotency_header: 'x write' })).toThrow('idempotency_header is not a valid header')
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
