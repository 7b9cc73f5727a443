import { setTimeout as sleep } from 'node:timers/promises'

/** The value that `read` gives once it has stood still for 150 ms: how far a stream came before it was held. */
export async function settled(read: () => number): Promise<number> {
  let value = read()
  for (let still = 0; still < 15; ) {
    await sleep(10)
    const now = read()
    still = now === value ? still + 1 : 0
    value = now
  }
  return value
}

/** True when `promise` is still open after all that can happen without new input has happened. */
export async function isPending(promise: Promise<unknown>, ms = 60): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise.catch(() => {}), sleep(ms, pending)])) === pending
}
