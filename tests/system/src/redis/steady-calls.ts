import { setTimeout as pause } from 'node:timers/promises'
import { rawRequest } from '@proxy/test-support'
import type { World } from '../server/world.js'

export interface SteadyCalls {
  /** Answers that were not 200, as `status body`. */
  readonly failed: readonly string[]
  readonly calls: number
}

const everyMs = 10

/** Calls all the while that `act` takes, at a steady pace, whatever becomes of the calls before. */
export async function callSteadily(world: World, token: string, act: () => Promise<void>): Promise<SteadyCalls> {
  const { url, headers } = world.call('/steady', token)
  const failed: string[] = []
  const calls: Promise<void>[] = []
  let isOver = false
  const acting = act().finally(() => {
    isOver = true
  })
  while (!isOver) {
    calls.push(one())
    await pause(everyMs)
  }
  await Promise.all([acting, ...calls])
  return { failed, calls: calls.length }

  async function one(): Promise<void> {
    const answer = await rawRequest(url, { headers }).catch((error: Error) => error)
    if (answer instanceof Error) failed.push(answer.message)
    else if (answer.status !== 200) failed.push(`${answer.status} ${answer.text()}`)
  }
}
