import { manualClock } from '@proxy/conformance'
import type { PartEvent } from '@proxy/core'
import { expect, it } from 'vitest'
import { joinParts } from './joined-parts.js'

const event = (part: string, state: PartEvent['state'], reason?: string): PartEvent => ({
  type: 'part',
  part,
  state,
  reason,
})

function joined() {
  const clock = manualClock()
  const told: PartEvent[] = []
  return { clock, told, hear: joinParts((one) => told.push(one), clock) }
}

it('tells of two parts that fail together in one event', () => {
  const { clock, told, hear } = joined()
  hear(event('storage', 'degraded', 'the same'))
  hear(event('rateLimiter', 'degraded', 'the same'))
  clock.advance(1_000)
  expect(told).toEqual([event('rateLimiter, storage', 'degraded', 'the same')])
})

it('tells of each reason, and of each failure when they are apart', () => {
  const { clock, told, hear } = joined()
  hear(event('storage', 'degraded', 'one'))
  hear(event('rateLimiter', 'degraded', 'other'))
  clock.advance(1_000)
  hear(event('storage', 'ok'))
  clock.advance(1_000)
  expect(told).toEqual([event('rateLimiter, storage', 'degraded', 'one; other'), event('storage', 'ok')])
})

it('keeps the order of what stops and goes on', () => {
  const { clock, told, hear } = joined()
  hear(event('storage', 'degraded', 'one'))
  hear(event('storage', 'ok'))
  clock.advance(1_000)
  expect(told.map(({ state }) => state)).toEqual(['degraded', 'ok'])
})
