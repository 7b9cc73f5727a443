import type { Clock, PartEvent } from '@proxy/core'
import type { Link } from './link.js'
import { serverOf } from './redis-client.js'
import { type RedisFault, toFault } from './redis-fault.js'

/** Keeps callers from waiting for a server that failed, and asks that server until it answers in time again. */
export interface Circuit {
  /** Why the server that holds `key` is not asked; undefined when it is. */
  faultOf(key: string): RedisFault | undefined
  /** The server that holds `key` failed: it is not asked until it is well. */
  trip(key: string, fault: RedisFault): void
  /** Resolves when every server may be asked; rejects with the reason. Right after the start it waits a while. */
  check(): Promise<void>
  close(): void
}

export interface CircuitOptions {
  readonly link: Link
  readonly clock: Clock
  /** Name of the part that depends on it, for events. */
  readonly part: string
  /** An answer counts as in time within this. */
  readonly withinMs: number
  /** Asks the server that holds `key` to do what is needed of it. */
  readonly probe: (key: string) => Promise<unknown>
  /** The key whose server is asked at the start. */
  readonly firstKey: string
  /** Runs before the server that holds `key` is asked again. */
  readonly onRecovery?: (key: string) => Promise<void>
  readonly onEvent: (event: PartEvent) => void
}

const pauseAfterFaultMs = 100
const pauseAfterLateAnswerMs = 50
/** What a connection gets to come about before anybody hears that there is none. */
const startWithinMs = 2_000

/** Nothing is asked of the servers until the first of them has answered. */
export function createCircuit(options: CircuitOptions): Circuit {
  const { link, clock, part, withinMs, probe, firstKey, onRecovery, onEvent } = options
  const broken = new Map<string, RedisFault>()
  let isTold = false
  let isClosed = false
  let lastFault: RedisFault | undefined
  const started = start()

  async function start(): Promise<void> {
    const server = serverOf(link.client, firstKey)
    broken.set(server, toFault(undefined))
    const late = clock.after(startWithinMs, () => tell(lastFault))
    await Promise.race([recover(server, firstKey), pause(startWithinMs)])
    late.cancel()
  }

  async function recover(server: string, key: string): Promise<void> {
    while (!isClosed) {
      const askedAt = performance.now()
      const fault = await probe(key).then(() => undefined, toFault)
      const isInTime = performance.now() - askedAt <= withinMs
      if (fault === undefined && isInTime && (await settle(key))) return restore(server)
      if (fault !== undefined) lastFault = fault
      await pause(fault === undefined ? pauseAfterLateAnswerMs : pauseAfterFaultMs)
    }
  }

  async function settle(key: string): Promise<boolean> {
    try {
      await onRecovery?.(key)
      return true
    } catch {
      return false
    }
  }

  function tell(fault: RedisFault | undefined): void {
    if (isTold || isClosed || broken.size === 0) return
    isTold = true
    onEvent({ type: 'part', part, state: 'degraded', reason: fault?.code })
  }

  function restore(server: string): void {
    broken.delete(server)
    if (broken.size > 0 || !isTold || isClosed) return
    isTold = false
    onEvent({ type: 'part', part, state: 'ok', reason: undefined })
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => clock.after(ms, resolve))
  }

  return {
    faultOf: (key) => (broken.size === 0 ? undefined : broken.get(serverOf(link.client, key))),
    trip(key, fault) {
      const server = serverOf(link.client, key)
      if (isClosed || broken.has(server)) return
      broken.set(server, fault)
      lastFault = fault
      tell(fault)
      void recover(server, key)
    },
    async check() {
      await started
      if (broken.size > 0) throw lastFault ?? toFault(undefined)
    },
    close() {
      isClosed = true
    },
  }
}
