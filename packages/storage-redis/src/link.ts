import { duplicateClient, type RedisClient } from './redis-client.js'
import { RedisFault, toFault } from './redis-fault.js'
import type { Script } from './script.js'

export type Argument = string | number

/** A client whose every answer comes within a time. All failures are `RedisFault`s. */
export interface Link {
  readonly client: RedisClient
  /** Rejects at once when there is no connection: nothing waits for one to come. */
  send(withinMs: number, command: string, ...args: readonly Argument[]): Promise<unknown>
  /** Runs a script; all `keys` have one hash tag. */
  run(withinMs: number, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** Stops listening to the client, and ends it when it was opened for this link. */
  close(): void
}

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
    close() {
      if (isOwn) client.disconnect()
      else client.removeListener('error', keepFault)
    },
  }
}

/** Settles as `answer` does, with a fault of code `timeout` when that takes too long. */
function within(withinMs: number, answer: Promise<unknown>): Promise<unknown> {
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
