import { duplicateClient, type RedisClient } from './redis-client.js'
import { RedisFault, toFault } from './redis-fault.js'
import type { Script } from './script.js'

export type Argument = string | number | Buffer

/** A client whose every answer comes within a time. All failures are `RedisFault`s. */
export interface Link {
  readonly client: RedisClient
  /** Rejects at once when there is no connection: nothing waits for one to come. */
  send(withinMs: number, command: string, ...args: readonly Argument[]): Promise<unknown>
  /** Runs a script; all `keys` have one hash tag. */
  run(withinMs: number, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** Resolves when there is a connection. Rejects when none comes in time, or at once when there has long been none. */
  connected(withinMs: number): Promise<unknown> | undefined
  /** Stops listening to the client, and ends it when it was opened for this link. */
  close(): void
}

/** A connection that was there, or begun, this recently is waited for. */
const shortAbsenceMs = 2_000

/** A link over a client that somebody else opened and will end. */
export function createLink(client: RedisClient): Link {
  return linkOver(client, false)
}

/** A link over a connection of its own. */
export function duplicateLink(client: RedisClient): Link {
  return linkOver(duplicateClient(client), true)
}

function linkOver(client: RedisClient, isOwn: boolean): Link {
  let lastFault = new RedisFault('not-connected')
  const keepFault = (error: unknown): void => {
    lastFault = toFault(error)
  }
  /** When the connection was lost, or begun; undefined while it is there. */
  let absentSince: number | undefined = performance.now()
  let readiness: Promise<void> | undefined
  const keepPresence = (): void => {
    absentSince = undefined
  }
  const keepAbsence = (): void => {
    absentSince ??= performance.now()
  }
  if (client.status === 'ready') keepPresence()
  client.on('ready', keepPresence)
  client.on('close', keepAbsence)
  // Without a listener the client prints its errors.
  client.on('error', keepFault)
  if (client.status === 'wait') client.connect().catch(keepFault)

  function send(withinMs: number, command: string, ...args: readonly Argument[]): Promise<unknown> {
    if (client.status !== 'ready') return Promise.reject(lastFault)
    return within(withinMs, client.call(command, ...args))
  }

  return {
    client,
    send,
    async run(withinMs, script, keys, args) {
      const rest = [keys.length, ...keys, ...args]
      try {
        return await send(withinMs, 'evalsha', script.digest, ...rest)
      } catch (error) {
        if (!(error instanceof RedisFault && error.code === 'NOSCRIPT')) throw error
        return await send(withinMs, 'eval', script.text, ...rest)
      }
    },
    connected(withinMs) {
      if (client.status === 'ready') return undefined
      if (performance.now() - (absentSince ?? 0) > shortAbsenceMs) return Promise.reject(lastFault)
      readiness ??= new Promise<void>((resolve) => client.once('ready', resolve)).finally(() => {
        readiness = undefined
      })
      return within(withinMs, readiness).catch(() => {
        throw lastFault
      })
    },
    close() {
      client.removeListener('ready', keepPresence)
      client.removeListener('close', keepAbsence)
      if (isOwn) client.disconnect()
      else client.removeListener('error', keepFault)
    },
  }
}

/** Settles as `answer` does, with a fault of code `timeout` when that takes too long. */
export function within(withinMs: number, answer: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(new RedisFault('timeout'))
    // A process that stood still reads what has come before it says that nothing came.
    const timer = setTimeout(() => setImmediate(expire), withinMs)
    answer.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(toFault(error))
      },
    )
  })
}
