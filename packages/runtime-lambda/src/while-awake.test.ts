import { expect, it } from 'vitest'
import { whileAwake } from './while-awake.js'

/** Timers that keep this process alive. */
function holdingTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
}

it('keeps the process alive for as long as the work takes, whether it succeeds or fails', async () => {
  const before = holdingTimers()
  expect(await whileAwake(async () => holdingTimers())).toBe(before + 1)
  expect(holdingTimers()).toBe(before)
  await expect(whileAwake(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(holdingTimers()).toBe(before)
})
