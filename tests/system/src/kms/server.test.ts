import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AwsEmulator, startAwsEmulator } from '@proxy/aws-emulator'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { beforeEach, expect, it } from 'vitest'
import { awsEnvironment, sharedKeys } from '../secrets-manager/server-set-up.js'
import { type Command, command, temporaryFolder } from '../server/command.js'
import { apiKey, startWorld, type World } from '../server/world.js'

const alias = 'alias/api-proxy'

let upstream: Upstream
let emulator: AwsEmulator
beforeEach(async () => {
  upstream = await startUpstream()
  emulator = await startAwsEmulator()
  emulator.addKmsKey(alias)
  return async () => {
    await upstream.stop()
    await emulator.stop()
  }
})

interface Setting {
  readonly folder: string
  readonly tokens: unknown
}

function newSetting(): Setting {
  return { folder: temporaryFolder(), tokens: sharedKeys().tokens }
}

function encryption(dataKeys: readonly string[], more: object = {}): Record<string, unknown> {
  return { kms: { keyId: alias, endpoint: emulator.endpoint, dataKeys, ...more } }
}

function start({ folder, tokens }: Setting, sealed: Record<string, unknown>): Promise<World> {
  return startWorld({
    upstreamPort: upstream.port,
    folder,
    environment: awsEnvironment(emulator),
    config: { storage: { kind: 'memory', file: 'proxy.db' }, tokens, encryption: sealed },
  })
}

/** Runs a command in the folder of a setting; it must succeed. */
async function run({ folder }: Pick<Setting, 'folder'>, args: readonly string[]): Promise<string> {
  const ran = command(args, { folder, environment: awsEnvironment(emulator) })
  expect(await ran.ended, ran.output.error).toBe(0)
  return ran.output.out
}

async function newDataKey(more: object = {}): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify({ encryption: encryption([], more) }))
  return (await run({ folder }, ['keys', 'data-key'])).trim()
}

async function calls(world: World): Promise<number> {
  const { url, headers } = world.call('/x', await world.token())
  return (await rawRequest(url, { headers })).status
}

async function stop({ server }: World): Promise<void> {
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
}

function decryptions(): number {
  return emulator.calls.filter(({ operation }) => operation === 'Decrypt').length
}

it('the server seals with a key that KMS opens once a start, and the file opens with no other', async () => {
  const setting = newSetting()
  const dataKey = await newDataKey()
  const first = await start(setting, encryption([dataKey]))
  expect([await calls(first), await calls(first)]).toEqual([200, 200])
  expect(decryptions()).toBe(1)
  await stop(first)
  expect(readFileSync(join(setting.folder, 'proxy.db'), 'utf8')).not.toContain(apiKey)
  const second = await start(setting, encryption([dataKey]))
  expect(await calls(second)).toBe(200)
  expect(decryptions()).toBe(2)
  await stop(second)
  await expect(start(setting, encryption([await newDataKey()]))).rejects.toThrow(/ended with 1/)
})

it('keys are changed for others, and for those of KMS, by the commands that change any key', {
  timeout: 180_000,
}, async () => {
  const setting = newSetting()
  const plain = randomBytes(32).toString('base64')
  await stop(await start(setting, { keys: [plain] }))
  const [one, two] = [await newDataKey(), await newDataKey()]
  for (const sealed of [{ ...encryption([one]), keys: [plain] }, encryption([two, one])]) {
    const world = await start(setting, sealed)
    await world.server.until(/"msg":"sealed anew with the first key"/)
    await stop(world)
    expect(await run(setting, ['keys', 'rotate'])).toContain('Everything is sealed with the key')
    const [, first = '', other = ''] = (await run(setting, ['keys', 'status'])).trim().split('\n')
    expect(first).toMatch(/encryption\.kms\.dataKeys\[0\] +seals and opens +[1-9]/)
    expect(other).toMatch(/encryption\.(?:kms\.dataKeys\[1\]|keys\[0\]) +opens +0 +0/)
  }
  const last = await start(setting, encryption([two]))
  expect(await calls(last)).toBe(200)
})

it.each<[string, (dataKey: string) => object, () => void, RegExp]>([
  [
    'is denied',
    () => ({}),
    () => {
      emulator.fault = () => ({ type: 'AccessDeniedException' })
    },
    /encryption\.kms\.dataKeys\[0\] cannot be opened: KMS, Decrypt: AccessDeniedException/,
  ],
  [
    'is of another context',
    () => ({ context: { tenant: 'two' } }),
    () => undefined,
    /encryption\.kms\.dataKeys\[0\] cannot be opened: KMS, Decrypt: InvalidCiphertextException/,
  ],
  [
    'is missing',
    () => ({ dataKeys: [] }),
    () => undefined,
    /encryption\.kms\.dataKeys is empty: "api-proxy keys data-key" makes one/,
  ],
  [
    'is none',
    () => ({ dataKeys: ['key'] }),
    () => undefined,
    /encryption\.kms\.dataKeys\[0\]: must be a data key, as "api-proxy keys data-key" prints it/,
  ],
])('a data key that %s ends the start with a line that names it', async (_, more, act, message) => {
  const { folder } = newSetting()
  const dataKey = await newDataKey({ context: { tenant: 'one' } })
  const sealed = encryption([dataKey], { context: { tenant: 'one' }, ...more(dataKey) })
  act()
  writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify({ encryption: sealed }))
  const server: Command = command(['serve'], { folder, environment: awsEnvironment(emulator) })
  expect(await server.ended).toBe(1)
  expect(server.output.error).toMatch(message)
  expect(server.output.error).not.toContain(dataKey)
})

it('a KMS that throttles at the start is asked again until it opens the key, and the server says so', async () => {
  const setting = newSetting()
  const dataKey = await newDataKey()
  emulator.fault = () => ({ type: 'ThrottlingException' })
  const starting = start(setting, encryption([dataKey]))
  await expect.poll(decryptions, { timeout: 30_000 }).toBeGreaterThan(4)
  emulator.fault = () => undefined
  const world = await starting
  expect(await calls(world)).toBe(200)
  expect(world.server.output.error).toMatch(
    /encryption\.kms\.dataKeys\[0\] cannot be opened: KMS, Decrypt: ThrottlingException; asking again in 1 s/,
  )
})
