import { executionAsyncResource } from 'node:async_hooks'

let kept: object | undefined

/**
 * Keeps one object of those that `process.nextTick` makes. V8 forgets the shape of objects when full collections find
 * none alive, and what makes these then does so key by key for the rest of the process' life: each tick costs six to
 * nine times as much, and a call has two of its own. `benchmarks/tick-shape.mjs` shows it.
 */
export function keepTickShape(): void {
  if (kept !== undefined) return
  kept = {}
  process.nextTick(() => {
    kept = executionAsyncResource()
  })
}
