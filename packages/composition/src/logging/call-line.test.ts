import type { CallEvent } from '@proxy/core'
import { expect, it } from 'vitest'
import { callLine } from './call-line.js'

const event: CallEvent = {
  type: 'call',
  requestId: 'req_1',
  dialect: 'pipedream',
  method: 'GET',
  project: 'proj_1',
  environment: 'production',
  client: 'demo',
  app: 'acme',
  account: 'apn_1',
  upstreamHost: 'api.acme.test',
  upstreamPath: '/v1/users?limit&cursor',
  status: 200,
  code: undefined,
  reason: undefined,
  durationMs: 12.3456,
  attempts: 1,
  outcome: 'ok',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

it('a call is one line of JSON with these fields and no others', () => {
  const line = callLine(event, 1_700_000_000_000)
  expect(line.indexOf('\n')).toBe(line.length - 1)
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: 1_700_000_000_000,
    msg: 'call',
    request_id: 'req_1',
    method: 'GET',
    status: 200,
    outcome: 'ok',
    duration_ms: 12.35,
    attempts: 1,
    dialect: 'pipedream',
    project: 'proj_1',
    environment: 'production',
    client: 'demo',
    app: 'acme',
    account: 'apn_1',
    upstream_host: 'api.acme.test',
    upstream_path: '/v1/users?limit&cursor',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
})

it.each(['"', '\\', '\n{"level":"error"}', '\u0000', 'é', '\u2028', '\ud800', '🔑'])(
  'text with %j stays inside its field',
  (text) => {
    const line = callLine({ ...event, upstreamPath: text, client: text, reason: text }, 0)
    expect(line).toMatch(/^[ -~]+\n$/)
    expect(JSON.parse(line)).toMatchObject({ upstream_path: text, client: text, reason: text })
  },
)

it('calls to one account by different callers keep their own names', () => {
  for (const client of ['one', 'other', 'one']) {
    expect(JSON.parse(callLine({ ...event, client }, 0))).toMatchObject({ client, account: 'apn_1' })
  }
  const elsewhere = callLine({ ...event, environment: 'development', project: 'proj_2' }, 0)
  expect(JSON.parse(elsewhere)).toMatchObject({ project: 'proj_2', environment: 'development' })
})

it('a trace header that is none is left out', () => {
  expect(callLine({ ...event, traceparent: 'secret' }, 0)).not.toContain('secret')
})

it('what failed stands out', () => {
  const levelOf = (change: Partial<CallEvent>): unknown => JSON.parse(callLine({ ...event, ...change }, 0)).level
  expect(levelOf({ outcome: 'refused', status: 403, code: 'insufficient_scope' })).toBe('info')
  expect(levelOf({ outcome: 'upstream-failed', status: 502, code: 'upstream_dns' })).toBe('warn')
  expect(levelOf({ outcome: 'refused', status: 500, code: 'internal_error' })).toBe('error')
})
