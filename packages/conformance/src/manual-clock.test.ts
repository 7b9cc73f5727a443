import { expect, it } from 'vitest'
import { manualClock } from './manual-clock.js'

it('runs timers in the order of their time, and those that they set on the way', () => {
  const clock = manualClock(1_000)
  const heard: string[] = []
  clock.after(20, () => heard.push(`second at ${clock.now()}`))
  clock.after(10, () => {
    heard.push(`first at ${clock.now()}`)
    clock.after(5, () => heard.push(`nested at ${clock.now()}`))
  })
  clock.after(31, () => heard.push('too late'))
  clock.advance(30)
  expect(heard).toEqual(['first at 1010', 'nested at 1015', 'second at 1020'])
  expect(clock.now()).toBe(1_030)
  expect(clock.waiting).toBe(1)
})

it('does not run a cancelled timer', () => {
  const clock = manualClock()
  let ran = false
  const timer = clock.after(10, () => {
    ran = true
  })
  timer.cancel()
  timer.cancel()
  clock.advance(100)
  expect(ran).toBe(false)
})
