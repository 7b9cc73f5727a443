import { type Clock, type PartEvent, ProxyError } from '@proxy/core'
import { createCircuit } from './circuit.js'
import type { Argument, Link } from './link.js'
import { RedisFault, toFault } from './redis-fault.js'
import type { Remembered } from './remembered.js'
import type { Script } from './script.js'

/** How the storage asks Redis. Everything rejects with `credential_store_unavailable` when there is no answer. */
export interface StoreAccess {
  /**
   * For the way of a call. Who remembers the record `name` does not wait for long; there is something else to use. For
   * who does not, there is nothing but to wait.
   */
  readSoon(record: SoughtRecord, command: string, ...args: readonly string[]): Promise<unknown>
  read(key: string, command: string, ...args: readonly Argument[]): Promise<unknown>
  /** A script that changes nothing. */
  evaluate(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  write(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  check(): Promise<void>
  close(): void
}

/** A record that is remembered under `name`, and lies under `key`. */
export interface SoughtRecord {
  readonly name: string
  readonly key: string
  /** Runs before the record is asked for; what changes from then on is told. */
  readonly follow: () => Promise<void> | undefined
}

export interface StoreAccessOptions {
  readonly link: Link
  /** For writes. */
  readonly writing: Link
  readonly clock: Clock
  /** What readers remember. */
  readonly remembered: Pick<Remembered, 'has' | 'begin' | 'end'>
  readonly checkKey: string
  readonly soonMs: number
  readonly patientMs: number
  /** Resolves when what was just written under `key` will not be lost. */
  readonly confirm: (key: string) => Promise<void>
  readonly onEvent: (event: PartEvent) => void
}

export function storeAccess(options: StoreAccessOptions): StoreAccess {
  const { link, writing, clock, remembered, checkKey, soonMs, patientMs, confirm, onEvent } = options
  const probe = (key: string): Promise<unknown> => link.send(patientMs, 'exists', key)
  const circuit = createCircuit({
    link,
    clock,
    part: 'storage',
    withinMs: soonMs,
    probe,
    firstKey: checkKey,
    onEvent,
  })

  async function asked<T>(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      const fault = toFault(error)
      if (!isOfCommand(fault)) circuit.trip(key, fault)
      throw fault.code === foreignCode || fault.code === 'WRONGTYPE' ? fault : unavailable(fault)
    }
  }

  return {
    async readSoon({ name, key, follow }, command, ...args) {
      const token = remembered.begin(name)
      let isRead = false
      try {
        await follow()
        const isRemembered = remembered.has(name)
        const fault = isRemembered ? circuit.faultOf(key) : undefined
        if (fault !== undefined) throw unavailable(fault)
        const answer = await asked(key, async () => {
          if (isRemembered) return await link.send(soonMs, command, key, ...args)
          await link.connected(patientMs)
          return await link.send(patientMs, command, key, ...args)
        })
        isRead = true
        return answer
      } finally {
        remembered.end(name, token, isRead)
      }
    },
    read: (key, command, ...args) =>
      asked(key, async () => {
        await link.connected(patientMs)
        return await link.send(patientMs, command, key, ...args)
      }),
    evaluate: (script, keys, args) =>
      asked(keys[0] ?? '', async () => {
        await link.connected(patientMs)
        return await link.run(patientMs, script, keys, args)
      }),
    write: (script, keys, args) =>
      asked(keys[0] ?? '', async () => {
        await writing.connected(patientMs)
        const answer = await writing.run(patientMs, script, keys, args)
        if (answer !== 0) await confirm(keys[0] ?? '')
        return answer
      }),
    async check() {
      await asked(checkKey, async () => {
        await circuit.check()
        await link.send(patientMs, 'set', checkKey, '1', 'PX', 60_000)
      })
    },
    close: circuit.close,
  }
}

/** What the scripts answer for a key that holds something else. */
const foreignCode = 'FOREIGN'

/** True when what lies under a key is not what should. */
export function isForeign(error: unknown): boolean {
  return error instanceof RedisFault && (error.code === foreignCode || error.code === 'WRONGTYPE')
}

/** Faults of what was asked, while the server is well enough to be read. */
const ofCommand: ReadonlySet<string> = new Set([
  foreignCode,
  'WRONGTYPE',
  'OOM',
  'READONLY',
  'MISCONF',
  'NOREPLICAS',
  'NOPERM',
  'NOTWRITTEN',
  'ERR',
])

function isOfCommand(fault: RedisFault): boolean {
  return ofCommand.has(fault.code)
}

function unavailable(fault: RedisFault): ProxyError {
  return new ProxyError('credential_store_unavailable', 'The stored credentials cannot be reached at the moment.', {
    retryAfterSeconds: 1,
    cause: fault,
  })
}
