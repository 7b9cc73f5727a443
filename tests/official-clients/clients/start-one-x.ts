import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The 1.x client, at arm's length. */
export interface OneX {
  /** Calls a method of the client. Rejects with the client's own message. */
  call(method: string, ...parameters: unknown[]): Promise<unknown>
  stop(): Promise<void>
}

export interface OneXSettings {
  /** `host:port`; the client puts https before it. */
  readonly apiHost: string
  readonly projectId: string
  readonly environment: 'development' | 'production'
  readonly credentials: { readonly clientId: string; readonly clientSecret: string } | { readonly accessToken: string }
  readonly scope?: readonly string[]
}

interface Outcome {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Starts a process that trusts `certificate` and holds one client. */
export async function startOneX(settings: OneXSettings, certificate: string): Promise<OneX> {
  const folder = await mkdtemp(join(tmpdir(), 'one-x-client-'))
  const trusted = join(folder, 'trusted.pem')
  await writeFile(trusted, certificate)
  const child = fork(fileURLToPath(new URL('one-x.mjs', import.meta.url)), [JSON.stringify(settings)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted },
    execArgv: [],
    serialization: 'advanced',
  })
  const ended = once(child, 'exit')
  const waiting = new Map<number, (outcome: Outcome) => void>()
  child.on('message', (outcome: Outcome) => waiting.get(outcome.id)?.(outcome))
  child.on('exit', () => {
    for (const settle of waiting.values()) settle({ id: -1, error: 'the process of the client ended' })
  })

  let lastId = 0
  return {
    call: async (method, ...parameters) => {
      lastId += 1
      const id = lastId
      const outcome = await new Promise<Outcome>((resolve) => {
        waiting.set(id, resolve)
        child.send({ id, method, parameters })
      })
      waiting.delete(id)
      if (outcome.error !== undefined) throw new Error(outcome.error)
      return outcome.value
    },
    stop: async () => {
      if (child.connected) child.disconnect()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
