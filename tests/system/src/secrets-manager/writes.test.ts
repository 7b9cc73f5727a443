import { sampleAccount } from '@proxy/conformance'
import { type Account, RecordError, Secret, type Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { setUp } from './set-up.js'

const name = 'api-proxy/proj_sample/development/apn_sample1'

async function write(storage: Storage, account: Account, key: string, version: number): Promise<Account | undefined> {
  return await storage.writeAccount({ ...account, values: valuesOf(key) }, version)
}

function valuesOf(key: string): Secret<{ customFields: { api_key: string }; credentials: Record<string, string> }> {
  return new Secret({ customFields: { api_key: key }, credentials: {} })
}

async function keyOf(storage: Storage): Promise<string | undefined> {
  return (await storage.readAccount(sampleAccount(), 'apn_sample1'))?.values.reveal().customFields.api_key
}

it('makes a secret with tags and key, moves what is current with each write, and keeps the metadata without secrets', async () => {
  const { storage, metadata, emulator, newCalls } = await setUp({ tags: { team: 'one' }, kmsKeyId: 'alias/mine' })
  await write(storage, sampleAccount(), 'first', 0)
  await write(storage, sampleAccount(), 'second', 1)
  expect(newCalls()).toEqual(['CreateSecret', 'PutSecretValue', 'UpdateSecretVersionStage'])
  const secret = emulator.secrets.get(name)
  expect(secret).toMatchObject({ tags: [{ Key: 'team', Value: 'one' }], kmsKeyId: 'alias/mine' })
  const current = [...(secret?.versions.values() ?? [])].filter(({ stages }) => stages.has('AWSCURRENT'))
  expect(current.map(({ text }) => JSON.parse(text).custom_fields)).toEqual([{ api_key: 'second' }])
  const row = await metadata.readAccount(sampleAccount(), 'apn_sample1')
  expect(row?.values.reveal()).toMatchObject({ customFields: {}, credentials: { secret: name } })
  expect(JSON.stringify(row?.values.reveal())).not.toContain('second')
})

it('calls nobody for a write that leaves the credential as it is', async () => {
  const { storage, newCalls } = await setUp()
  const first = await write(storage, sampleAccount(), 'first', 0)
  newCalls()
  expect(await storage.writeAccount({ ...(first ?? sampleAccount()), name: 'renamed' }, 1)).toMatchObject({
    version: 2,
  })
  expect(newCalls()).toEqual([])
  expect(await keyOf(storage)).toBe('first')
})

describe('a writer that ends', () => {
  it('after the secret and before the row leaves the old credential, and the next write goes through', async () => {
    const { storage, metadata, open } = await setUp()
    await write(storage, sampleAccount(), 'first', 0)
    const crashing = open({
      metadata: { ...metadata, writeAccount: () => Promise.reject(new Error('The process ends here')) },
    })
    await expect(write(crashing, sampleAccount(), 'lost', 1)).rejects.toThrow('ends here')
    expect(await keyOf(open())).toBe('first')
    expect(await write(open(), sampleAccount(), 'second', 1)).toMatchObject({ version: 2 })
    expect(await keyOf(open())).toBe('second')
  })

  it('before the first row leaves a secret that the next one takes over', async () => {
    const { metadata, open } = await setUp()
    const crashing = open({
      metadata: { ...metadata, writeAccount: () => Promise.reject(new Error('The process ends here')) },
    })
    await expect(write(crashing, sampleAccount(), 'lost', 0)).rejects.toThrow('ends here')
    expect(await keyOf(open())).toBeUndefined()
    expect(await write(open(), sampleAccount(), 'first', 0)).toMatchObject({ version: 1 })
    expect(await keyOf(open())).toBe('first')
  })

  it('after the row and before the stage has written, and a reader moves the stage', async () => {
    const { storage, emulator, open } = await setUp({ timeoutMs: 300 })
    await write(storage, sampleAccount(), 'first', 0)
    emulator.fault = ({ operation }) => (operation === 'UpdateSecretVersionStage' ? 'drop' : undefined)
    expect(await write(storage, sampleAccount(), 'second', 1)).toMatchObject({ version: 2 })
    emulator.fault = () => undefined
    expect(await keyOf(open())).toBe('second')
    const currentText = (): string | undefined =>
      [...(emulator.secrets.get(name)?.versions.values() ?? [])].find(({ stages }) => stages.has('AWSCURRENT'))?.text
    await expect.poll(currentText).toContain('second')
  })

  it('after the row is deleted leaves a secret that is deleted later', async () => {
    const { storage, emulator, open, clock } = await setUp({ timeoutMs: 300 })
    await write(storage, sampleAccount(), 'first', 0)
    emulator.fault = ({ operation }) => (operation === 'DeleteSecret' ? 'drop' : undefined)
    expect(await storage.deleteAccount(sampleAccount(), 'apn_sample1')).toBe(true)
    expect(await keyOf(open())).toBeUndefined()
    expect(emulator.secrets.get(name)?.deletesAt).toBeUndefined()
    emulator.fault = () => undefined
    clock.advance(60_001)
    await open().check()
    expect(emulator.secrets.get(name)?.deletesAt).toBeDefined()
  })
})

it('deletes a secret with its recovery window, and takes its name for taken until it is over', async () => {
  const { storage, emulator, metadata, open } = await setUp({ recoveryWindowDays: 7 })
  await write(storage, sampleAccount(), 'first', 0)
  const start = Date.now()
  expect(await storage.deleteAccount(sampleAccount(), 'apn_sample1')).toBe(true)
  const days = ((emulator.secrets.get(name)?.deletesAt ?? 0) - start) / 86_400_000
  expect(days).toBeGreaterThanOrEqual(7)
  expect(days).toBeLessThan(7.01)
  expect(await metadata.listDocuments('secrets-manager-deletion', '')).toEqual([])
  const forgetful = open({ metadata: (await setUp()).metadata })
  expect(await write(forgetful, sampleAccount(), 'again', 0)).toBeUndefined()
})

it('never acknowledges a write that it lost, and has each that it acknowledged, while every fifth call fails', async () => {
  const { open, emulator } = await setUp()
  const writer = open()
  let calls = 0
  emulator.fault = () => {
    calls += 1
    if (calls % 10 === 0) return 'lose'
    return calls % 5 === 0 ? { type: 'ThrottlingException' } : undefined
  }
  for (let version = 0; version < 20; version += 1) {
    expect(await write(writer, sampleAccount(), `key ${version}`, version)).toMatchObject({ version: version + 1 })
    expect(await keyOf(open())).toBe(`key ${version}`)
  }
})

it("refuses another account's secret, by name, and leaves it out of lists", async () => {
  const refused: string[] = []
  const { storage, metadata, open, newCalls } = await setUp({ onRefusal: ({ message }) => refused.push(message) })
  await write(storage, sampleAccount(), 'first', 0)
  const other = sampleAccount({ id: 'apn_other' })
  const row = await metadata.readAccount(other, 'apn_sample1')
  if (row === undefined) throw new Error('No row')
  await metadata.writeAccount({ ...other, values: row.values }, 0)
  newCalls()
  const reader = open()
  await expect(reader.readAccount(other, other.id)).rejects.toThrow(RecordError)
  await expect(reader.readAccount(other, other.id)).rejects.toThrow('"apn_other"')
  expect(newCalls()).toEqual(['GetSecretValue'])
  const page = await reader.listAccounts({ scope: other, limit: 10 })
  expect(page.rows.map(({ id }) => id)).toEqual(['apn_sample1'])
  expect(refused).toHaveLength(3)
  expect(await keyOf(reader)).toBe('first')
})

it('refuses a credential that no secret can hold, and takes one that just fits', async () => {
  const { storage } = await setUp()
  await expect(write(storage, sampleAccount(), 'k'.repeat(65_536), 0)).rejects.toMatchObject({
    code: 'account_config_invalid',
  })
  expect(await write(storage, sampleAccount(), 'k'.repeat(65_000), 0)).toMatchObject({ version: 1 })
})
