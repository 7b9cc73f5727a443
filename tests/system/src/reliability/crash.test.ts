import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { keepAliveCallers } from '../security/callers.js'
import { temporaryFolder } from '../server/command.js'
import { startWorld, type World } from '../server/world.js'

const rounds = 4
const ticksInSecond = 100

/** Seconds of processor time that a process has had. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / ticksInSecond
}

it.skipIf(process.platform !== 'linux')(
  'kill -9 loses nothing that was acknowledged',
  async () => {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    const folder = temporaryFolder()
    const config = {
      storage: { kind: 'memory', file: 'data/proxy.db' },
      encryption: { keys: [randomBytes(32).toString('base64')] },
      tokens: { signingKeys: [randomBytes(32).toString('base64')] },
    }
    const start = () => startWorld({ upstreamPort: upstream.port, folder, config })
    const credentials = new Map<string, string>()
    let token: string | undefined

    for (let round = 0; round < rounds; round += 1) {
      const world = await start()
      expect(processorSeconds(world.server.child.pid ?? 0)).toBeLessThan(2)
      // Signed by a key of the configuration: it is good after the crash, too.
      token ??= await world.token()
      await expectAll(world, token, credentials)
      await writeUntilKilled(world, token, credentials)
    }
    const world = await start()
    await expectAll(world, token ?? '', credentials)
    expect(credentials.size).toBeGreaterThan(rounds * 20)
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  },
  60_000,
)

function headersOf(token: string): readonly string[] {
  return ['Authorization', `Bearer ${token}`, 'X-Pd-Environment', 'development', 'Content-Type', 'application/json']
}

/** Connects accounts, many at once, and kills the server in the middle of it. */
async function writeUntilKilled(world: World, token: string, credentials: Map<string, string>): Promise<void> {
  const callers = keepAliveCallers(Number(new URL(world.url).port), 16)
  const before = credentials.size
  const write = async (): Promise<void> => {
    for (;;) {
      const key = randomBytes(12).toString('hex')
      const body = JSON.stringify({ app_slug: 'acme', cfmap_json: JSON.stringify({ api_key: key }) })
      const path = '/v1/connect/proj_1/accounts?external_user_id=u1'
      const answer = await callers
        .send({ method: 'POST', path, headers: headersOf(token), body })
        .catch(() => undefined)
      if (answer === undefined) return
      expect(answer.status).toBe(200)
      credentials.set((JSON.parse(answer.body) as { id: string }).id, key)
      if (credentials.size === before + 40) world.server.child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: 16 }, write))
  expect(await world.server.ended).toBe('SIGKILL')
  callers.close()
}

/** Every account that was acknowledged is there, whole. */
async function expectAll(world: World, token: string, credentials: ReadonlyMap<string, string>): Promise<void> {
  const callers = keepAliveCallers(Number(new URL(world.url).port), 4)
  const found = new Map<string, string>()
  for (let after = ''; ; ) {
    const path = `/v1/connect/proj_1/accounts?include_credentials=true&limit=100${after}`
    const answer = await callers.send({ path, headers: headersOf(token) })
    expect(answer.status).toBe(200)
    const page = JSON.parse(answer.body) as {
      data: { id: string; credentials: { api_key: string } }[]
      page_info: { end_cursor: string | null }
    }
    for (const account of page.data) found.set(account.id, account.credentials.api_key)
    if (page.page_info.end_cursor === null) break
    after = `&after=${page.page_info.end_cursor}`
  }
  callers.close()
  for (const [id, key] of credentials) expect(found.get(id), id).toBe(key)
  for (const key of found.values()) expect(key).toMatch(/^[0-9a-f]{24}$|^key-of/)
}
