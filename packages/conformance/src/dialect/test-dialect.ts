import { type Dialect, type ErrorCode, errorStatus, type IncomingCall, type ProxyCall, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'

/** A request in a dialect's wire form. Without a method it is a GET. */
export interface SampleRequest {
  readonly method?: string
  readonly target: string
  /** Flat. */
  readonly headers?: readonly string[]
}

export interface DialectSamples {
  /** Requests that ask for a proxied call, and what the dialect must read out of them. */
  readonly proxied: readonly { readonly request: SampleRequest; readonly call: Partial<ProxyCall> }[]
  /** Requests that ask for a management route. */
  readonly routes: readonly SampleRequest[]
  /** Requests of the dialect that are refused when they are read. */
  readonly malformed: readonly { readonly request: SampleRequest; readonly code: ErrorCode }[]
  /** Targets that belong to somebody else. */
  readonly foreign: readonly string[]
  /** Statuses that the dialect spells in another way than the engine. */
  readonly statuses?: Partial<Record<ErrorCode, number>>
}

/** Names that must never go from a caller to an upstream. */
const neverForwarded = ['authorization', 'cookie', 'host', 'connection', 'content-length', 'transfer-encoding']

const secret = 'planted-secret'

/** The contract of `Dialect`, as vitest suites: `samples` speak its wire form. */
export function testDialect(name: string, makeDialect: () => Dialect, samples: DialectSamples): void {
  describe(`${name} is a dialect:`, () => {
    const dialect = makeDialect()
    const codes = Object.keys(errorStatus) as readonly ErrorCode[]

    it.each(samples.foreign)('leaves %s to others', (target) => {
      expect(dialect.owns(target)).toBe(false)
    })

    it.each(samples.proxied)('reads the call in $request.target', ({ request, call: wanted }) => {
      expect(dialect.owns(request.target)).toBe(true)
      const read = dialect.read(incoming(request))
      expect(read).toMatchObject({ kind: 'proxy', ...wanted })
      if (read.kind !== 'proxy') return
      expect(read.method).toBe(request.method ?? 'GET')
      expect(read.headers.length % 2).toBe(0)
      const names = read.headers.filter((_, index) => index % 2 === 0)
      for (const header of names) expect(header).toBe(header.toLowerCase())
    })

    it.each(samples.proxied)('sends nothing of the caller’s own on from $request.target', ({ request }) => {
      const read = dialect.read(incoming({ ...request, headers: [...(request.headers ?? []), 'cookie', secret] }))
      expect(JSON.stringify(read)).not.toContain(secret)
      if (read.kind !== 'proxy') return
      const names = read.headers.filter((_, index) => index % 2 === 0)
      for (const header of neverForwarded) expect(names).not.toContain(header)
    })

    it.each(samples.routes)('has a route for $target', (request) => {
      expect(dialect.owns(request.target)).toBe(true)
      expect(dialect.read(incoming(request)).kind).toBe('route')
    })

    it.each(samples.malformed)('refuses $request.target with $code', ({ request, code }) => {
      expect(dialect.owns(request.target)).toBe(true)
      let refusal: unknown
      try {
        dialect.read(incoming(request))
      } catch (error) {
        refusal = error
      }
      expect(refusal).toBeInstanceOf(ProxyError)
      expect(refusal).toMatchObject({ code })
    })

    it.each(codes)('spells %s, without a word of its cause', (code) => {
      const cause = new Error(secret)
      const error = new ProxyError(code, 'What is wrong, and how to mend it.', { cause, retryAfterSeconds: 7 })
      for (const request of [...samples.proxied.map((sample) => sample.request), ...samples.routes]) {
        const { status, headers, body } = dialect.describeError(error, incoming(request))
        expect(status).toBe(samples.statuses?.[code] ?? errorStatus[code])
        expect(headers.length % 2).toBe(0)
        const names = headers.filter((_, index) => index % 2 === 0).map((header) => header.toLowerCase())
        expect(new Set(names).size).toBe(names.length)
        expect(names).toContain('content-type')
        expect(names).not.toContain('content-length')
        expect(names).not.toContain('x-request-id')
        expect(() => JSON.parse(body)).not.toThrow()
        expect(body + headers.join()).not.toContain(secret)
      }
    })
  })
}

function incoming({ method = 'GET', target, headers = [] }: SampleRequest): IncomingCall {
  return {
    method,
    target,
    headers: ['host', 'proxy.example', ...headers],
    body: undefined,
    remoteAddress: '127.0.0.1',
    onCallerLeft() {},
  }
}
