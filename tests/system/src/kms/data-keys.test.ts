import { type AwsEmulator, startAwsEmulator } from '@proxy/aws-emulator'
import { type DataKeys, kmsClient, kmsDataKeys } from '@proxy/sealing-aws-kms'
import { beforeEach, expect, it, onTestFinished } from 'vitest'

const alias = 'alias/api-proxy'

let emulator: AwsEmulator
beforeEach(async () => {
  emulator = await startAwsEmulator()
  emulator.addKmsKey(alias)
  return () => emulator.stop()
})

function open(context: Record<string, string> = {}, keyId = alias): DataKeys {
  const { endpoint, region, credentials } = emulator
  const client = kmsClient({ endpoint, region, credentials })
  onTestFinished(() => client.destroy())
  return kmsDataKeys({ client, keyId, context })
}

it('makes keys that nobody sees, each another one, and opens them anywhere', async () => {
  const [first, second] = [await open().create(), await open().create()]
  expect(emulator.calls.map(({ operation }) => operation)).toEqual([
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
  ])
  const key = await open().open(first)
  expect(key).toHaveLength(32)
  expect(await open().open(first)).toEqual(key)
  expect(await open().open(second)).not.toEqual(key)
})

it('binds a key to its context, and to what it is for', async () => {
  const wrapped = await open({ tenant: 'one' }).create()
  expect(emulator.calls[0]?.input.EncryptionContext).toEqual({ tenant: 'one', 'api-proxy': 'data-key' })
  expect(await open({ tenant: 'one' }).open(wrapped)).toHaveLength(32)
  for (const context of [{ tenant: 'two' }, {}, { tenant: 'one', more: 'x' }]) {
    await expect(open(context).open(wrapped)).rejects.toMatchObject({
      message: 'KMS, Decrypt: InvalidCiphertextException',
      isAway: false,
    })
  }
})

it('refuses what was changed in a single byte', async () => {
  const bytes = Buffer.from(await open().create(), 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    await expect(open().open(changed.toString('base64'))).rejects.toMatchObject({ isAway: false })
  }
  expect(await open().open(bytes.toString('base64'))).toHaveLength(32)
})

it('opens old keys when another KMS key wraps the new ones, and none of a key that is disabled', async () => {
  const old = await open().create()
  const [oldKey] = [...emulator.kmsKeys.values()]
  emulator.addKmsKey(alias)
  const next = await open().create()
  expect(await open().open(old)).toHaveLength(32)
  expect(await open().open(next)).toHaveLength(32)
  if (oldKey !== undefined) oldKey.isEnabled = false
  await expect(open().open(old)).rejects.toMatchObject({ message: 'KMS, Decrypt: DisabledException', isAway: false })
  expect(await open().open(next)).toHaveLength(32)
})

it.each([
  ['denied', { type: 'AccessDeniedException' }, 1, false],
  ['throttled', { type: 'ThrottlingException' }, 4, true],
  ['broken', { type: 'KMSInternalException', status: 500 }, 4, true],
  ['cut', 'drop', 4, true],
] as const)('a call that is %s is tried so often as makes sense', async (_, fault, calls, isAway) => {
  const wrapped = await open().create()
  const keys = open()
  emulator.fault = () => fault
  const before = emulator.calls.length
  const error: unknown = await keys.open(wrapped).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'KmsFault', isAway })
  expect(String(error)).not.toContain(wrapped)
  expect(emulator.calls.length - before).toBe(calls)
  let faults = isAway ? 2 : 0
  emulator.fault = () => (faults-- > 0 ? fault : undefined)
  expect(await keys.open(wrapped)).toHaveLength(32)
})
