import { once } from 'node:events'
import { createServer } from 'node:net'

/** The first of these ports of 127.0.0.1 that nobody listens on, else any free one. */
export async function freePort(wanted: readonly number[]): Promise<number> {
  for (const port of [...wanted, 0]) {
    const found = await tryPort(port)
    if (found !== undefined) return found
  }
  throw new Error('No port of 127.0.0.1 is free.')
}

async function tryPort(port: number): Promise<number | undefined> {
  const probe = createServer()
  try {
    probe.listen(port, '127.0.0.1')
    await once(probe, 'listening')
    const address = probe.address()
    return typeof address === 'object' && address !== null ? address.port : undefined
  } catch {
    return undefined
  } finally {
    if (probe.listening) {
      probe.close()
      await once(probe, 'close')
    }
  }
}
