import { AppFault } from './app.js'
import type { RetryRules } from './app-definition.js'
import { isHeaderName } from './headers.js'

/** An app's `retry`, compiled. Header names are in lower case. */
export interface CompiledRetryRules {
  /** Extra attempts when the caller says nothing of them. */
  readonly attempts: number
  /** Takes the place of "429 and from 500 on"; undefined leaves that. */
  readonly isRetryable: ((status: number) => boolean) | undefined
  /** A refusal that has `0` here is worth a retry. */
  readonly remaining: string | undefined
  /** Headers with the moment of the next attempt. */
  readonly at: readonly string[]
  /** Headers with the seconds until then. */
  readonly after: readonly string[]
  /** Headers that make a write safe to be sent twice. */
  readonly idempotencyKeys: readonly string[]
}

const usualIdempotencyKeys = ['idempotency-key', 'x-idempotency-key']

/** For apps that say nothing of retries. */
export const usualRetryRules: CompiledRetryRules = {
  attempts: 0,
  isRetryable: undefined,
  remaining: undefined,
  at: [],
  after: [],
  idempotencyKeys: usualIdempotencyKeys,
}

/**
 * Compiles an app's `retry` and `idempotency_header`: a vendor that names its own header pays no heed to the usual ones.
 * Throws an `AppFault` naming the field.
 */
export function compileRetryRules(
  rules: RetryRules | undefined,
  idempotencyHeader: string | undefined,
): CompiledRetryRules {
  if (rules === undefined && idempotencyHeader === undefined) return usualRetryRules
  const { attempts = 0, error_code: codes, remaining, at, after } = rules ?? {}
  return {
    attempts,
    isRetryable: codes === undefined ? undefined : anyOf(codes.map(readStatuses)),
    remaining: remaining === undefined ? undefined : headerName(remaining, 'retry.remaining'),
    at: headerNames(at, 'retry.at'),
    after: headerNames(after, 'retry.after'),
    idempotencyKeys:
      idempotencyHeader === undefined ? usualIdempotencyKeys : headerNames(idempotencyHeader, 'idempotency_header'),
  }
}

function headerNames(given: string | readonly string[] | undefined, field: string): readonly string[] {
  return given === undefined ? [] : [given].flat().map((name) => headerName(name, field))
}

function headerName(name: string, field: string): string {
  if (!isHeaderName(name)) throw new AppFault(field, 'is not a valid header name')
  return name.toLowerCase()
}

/** `403`, `5xx` or `500-502`. */
function readStatuses(text: string, index: number): readonly [from: number, to: number] {
  const [, first = '', last] = /^(\d\d\d|\dxx)(?:-(\d\d\d))?$/.exec(text) ?? []
  const from = Number(first.replace('xx', '00'))
  const to = last === undefined ? (first.endsWith('xx') ? from + 99 : from) : Number(last)
  const isRange = last !== undefined && first.endsWith('xx')
  if (isRange || first === '' || to < from) {
    throw new AppFault(`retry.error_code[${index}]`, 'must be a status such as 403, 5xx or 500-502')
  }
  return [from, to]
}

function anyOf(ranges: readonly (readonly [number, number])[]): (status: number) => boolean {
  return (status) => ranges.some(([from, to]) => status >= from && status <= to)
}
