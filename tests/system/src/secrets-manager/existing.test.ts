import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { sampleAccount } from '@proxy/conformance'
import { type CredentialValues, Secret, type Storage } from '@proxy/core'
import { type ExistingSecret, secretsManagerClient, secretsManagerStorage } from '@proxy/storage-aws-secrets-manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientSettings, type SetUp, setUp } from './set-up.js'

const existing: ExistingSecret = {
  project: 'proj_sample',
  environment: 'development',
  account: 'apn_sample1',
  secret: 'team/vendor',
  customFields: { api_key: '/vendor/api~1key', region: '/region' },
  credentials: { oauth_access_token: '/tokens/0' },
}
const document = { vendor: { 'api/key': 'k1' }, region: 7, tokens: ['t1', 'other'], kept: { as: 'it is' } }
const values = { customFields: { api_key: 'k1', region: '7' }, credentials: { oauth_access_token: 't1' } }
const row = sampleAccount({ values: { customFields: {}, credentials: {} } })

interface Existing extends SetUp {
  readonly client: SecretsManagerClient
  text(): Promise<string | undefined>
}

async function withSecret(changes: Partial<ExistingSecret> = {}, text = JSON.stringify(document)): Promise<Existing> {
  const made = await setUp({ existing: [{ ...existing, ...changes }], timeoutMs: 500 })
  const client = secretsManagerClient(clientSettings(made.emulator))
  onTestFinished(() => client.destroy())
  await client.send(new CreateSecretCommand({ Name: 'team/vendor', SecretString: text }))
  return {
    ...made,
    client,
    text: async () => (await client.send(new GetSecretValueCommand({ SecretId: 'team/vendor' }))).SecretString,
  }
}

async function read(storage: Storage): Promise<CredentialValues | undefined> {
  return (await storage.readAccount(row, row.id))?.values.reveal()
}

function withToken(token: string): ReturnType<typeof sampleAccount> {
  return { ...row, values: new Secret({ ...values, credentials: { oauth_access_token: token } }) }
}

describe("a secret of the user's own", () => {
  it('is read by JSON pointers, when its account is made without values', async () => {
    const { storage, newCalls } = await withSecret()
    expect(await storage.writeAccount(row, 0)).toMatchObject({ version: 1 })
    expect(await read(storage)).toEqual(values)
    expect(newCalls()).not.toContain('PutSecretValue')
  })

  it('may be plain text, and may lack a field', async () => {
    const plain = await withSecret({ customFields: { api_key: '' }, credentials: {} }, 'just a key')
    await plain.storage.writeAccount(row, 0)
    expect(await read(plain.storage)).toEqual({ customFields: { api_key: 'just a key' }, credentials: {} })
    const lacking = await withSecret({}, '{"region":"eu"}')
    await lacking.storage.writeAccount(row, 0)
    expect(await read(lacking.storage)).toEqual({ customFields: { region: 'eu' }, credentials: {} })
  })

  it('is read only, and writes of other fields go through', async () => {
    const { storage, text } = await withSecret()
    await storage.writeAccount(row, 0)
    await expect(storage.writeAccount(withToken('t2'), 1)).rejects.toMatchObject({ code: 'account_config_invalid' })
    const renamed = { ...row, name: 'renamed', values: new Secret(values) }
    expect(await storage.writeAccount(renamed, 1)).toMatchObject({ version: 2, name: 'renamed' })
    expect(await text()).toBe(JSON.stringify(document))
  })

  it('gets refreshed tokens in its own shape with write_back, everything else as it was', async () => {
    const { storage, text, open } = await withSecret({ writeBack: true })
    await storage.writeAccount(row, 0)
    expect(await storage.writeAccount(withToken('t2'), 1)).toMatchObject({ version: 2 })
    expect(JSON.parse((await text()) ?? '')).toEqual({ ...document, tokens: ['t2', 'other'] })
    for (const reader of [storage, open()]) expect((await read(reader))?.credentials.oauth_access_token).toBe('t2')
    const unmapped = new Secret({ ...values, credentials: { oauth_refresh_token: 'r' } })
    await expect(storage.writeAccount({ ...row, values: unmapped }, 2)).rejects.toThrow('"oauth_refresh_token"')
  })

  it('counts as it was written when the writer ended before the stage moved', async () => {
    const { storage, text, open, emulator } = await withSecret({ writeBack: true })
    await storage.writeAccount(row, 0)
    emulator.fault = ({ operation }) => (operation === 'UpdateSecretVersionStage' ? 'drop' : undefined)
    expect(await storage.writeAccount(withToken('t2'), 1)).toMatchObject({ version: 2 })
    emulator.fault = () => undefined
    expect((await read(open()))?.credentials.oauth_access_token).toBe('t2')
    await expect.poll(text).toContain('t2')
  })

  it('counts as its owner wrote it, when that came in between', async () => {
    const { storage, open, client, emulator } = await withSecret({ writeBack: true })
    await storage.writeAccount(row, 0)
    emulator.fault = ({ operation }) => (operation === 'UpdateSecretVersionStage' ? 'drop' : undefined)
    await storage.writeAccount(withToken('t2'), 1)
    emulator.fault = () => undefined
    const SecretString = JSON.stringify({ ...document, tokens: ['by hand'] })
    await client.send(new PutSecretValueCommand({ SecretId: 'team/vendor', SecretString }))
    expect((await read(open()))?.credentials.oauth_access_token).toBe('by hand')
  })

  it('is not deleted with its account', async () => {
    const { storage, text } = await withSecret({ writeBack: true })
    await storage.writeAccount(row, 0)
    expect(await storage.deleteAccount(row, row.id)).toBe(true)
    expect(await read(storage)).toBeUndefined()
    expect(await text()).toBe(JSON.stringify(document))
  })

  it('that is not there, or not JSON, is told of by the account, never by its text', async () => {
    const missing = await setUp({ existing: [existing] })
    await expect(missing.storage.writeAccount(withToken('t2'), 0)).rejects.toThrow(
      '"apn_sample1" is kept in a secret that is not there',
    )
    expect(await missing.storage.writeAccount(row, 0)).toMatchObject({ version: 1 })
    expect(await read(missing.storage)).toBeUndefined()
    const broken = await withSecret({}, 'hunter2')
    await expect(broken.storage.writeAccount(row, 0)).rejects.toThrow(
      '"apn_sample1" cannot be used: it is not a JSON object.',
    )
  })
})

it.each([
  ['no fields', [{ ...existing, customFields: {}, credentials: {} }], 'needs a JSON pointer'],
  ['a pointer that is none', [{ ...existing, customFields: { api_key: 'vendor' } }], '"vendor" is not a JSON pointer'],
  ['two secrets for an account', [existing, existing], 'has two secrets'],
])('refuses %s at once', async (_, entries, message) => {
  const { metadata, emulator } = await setUp()
  const client = secretsManagerClient(clientSettings(emulator))
  expect(() => secretsManagerStorage({ client, metadata, existing: entries })).toThrow(message)
})
