import type { CallEvent } from '@proxy/core'
import { AggregatorRegistry } from 'prom-client'
import { expect, it } from 'vitest'
import { createMetrics } from './metrics.js'

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
  upstreamPath: '/',
  status: 200,
  code: undefined,
  reason: undefined,
  durationMs: 7,
  attempts: 1,
  outcome: 'ok',
  traceparent: undefined,
}

function counted(...events: readonly Partial<CallEvent>[]) {
  const metrics = createMetrics({ connections: () => 3, droppedLogLines: () => 2 })
  for (const change of events) metrics.hook({ ...event, ...change })
  return metrics
}

it('calls are counted by dialect, app, status, code and outcome, and timed in cumulative buckets', async () => {
  const { registry } = counted(
    {},
    {},
    { durationMs: 90_000 },
    { status: 429, code: 'rate_limited', outcome: 'refused' },
  )
  const text = await registry.metrics()
  const lines = text.split('\n').filter((line) => line.startsWith('proxy_call'))
  expect(lines).toEqual(
    expect.arrayContaining([
      'proxy_calls_total{dialect="pipedream",app="acme",status="2xx",code="none",outcome="ok"} 3',
      'proxy_calls_total{dialect="pipedream",app="acme",status="4xx",code="rate_limited",outcome="refused"} 1',
      'proxy_call_duration_seconds_bucket{le="0.005",dialect="pipedream",app="acme"} 0',
      'proxy_call_duration_seconds_bucket{le="0.01",dialect="pipedream",app="acme"} 3',
      'proxy_call_duration_seconds_bucket{le="60",dialect="pipedream",app="acme"} 3',
      'proxy_call_duration_seconds_bucket{le="+Inf",dialect="pipedream",app="acme"} 4',
      'proxy_call_duration_seconds_count{dialect="pipedream",app="acme"} 4',
      'proxy_call_duration_seconds_sum{dialect="pipedream",app="acme"} 90.021',
    ]),
  )
  expect(text).toContain('# TYPE proxy_call_duration_seconds histogram')
  expect(await registry.metrics()).toContain('outcome="ok"} 3') // asking counts nothing
  expect(text).toMatch(/^proxy_connections 3$/m)
  expect(text).toMatch(/^proxy_log_lines_dropped_total 2$/m)
})

it('a caller that left, and a route of no app, have labels too', async () => {
  const text = await counted({ status: 0, app: undefined, outcome: 'caller-left' }).registry.metrics()
  expect(text).toContain('{dialect="pipedream",app="none",status="none",code="none",outcome="caller-left"} 1')
})

it('the figures of several processes add up', async () => {
  const all = await Promise.all([counted({}), counted({}, {})].map(({ registry }) => registry.getMetricsAsJSON()))
  const text = await AggregatorRegistry.aggregate(all).metrics()
  expect(text).toMatch(/^proxy_calls_total\{.*outcome="ok"\} 3$/m)
  expect(text).toMatch(/^proxy_call_duration_seconds_count\{.*\} 3$/m)
  expect(text).toMatch(/^proxy_call_duration_seconds_bucket\{le="0\.01",.*\} 3$/m)
})
