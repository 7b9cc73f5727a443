import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  ListSecretsCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect, it, onTestFinished } from 'vitest'
import { type AwsEmulator, startAwsEmulator } from './index.js'

async function start(): Promise<{ emulator: AwsEmulator; client: SecretsManagerClient }> {
  const emulator = await startAwsEmulator()
  const { endpoint, region, credentials } = emulator
  const client = new SecretsManagerClient({ endpoint, region, credentials, maxAttempts: 1 })
  onTestFinished(async () => {
    client.destroy()
    await emulator.stop()
  })
  return { emulator, client }
}

it('takes requests signed with its key, and none with another one or without', async () => {
  const { emulator, client } = await start()
  await expect(client.send(new ListSecretsCommand({}))).resolves.toMatchObject({ SecretList: [] })
  const { endpoint, region, credentials } = emulator
  for (const [wrong, name] of [
    [{ ...credentials, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    [{ ...credentials, accessKeyId: 'AKIDUNKNOWN' }, 'UnrecognizedClientException'],
  ] as const) {
    const other = new SecretsManagerClient({ endpoint, region, credentials: wrong, maxAttempts: 1 })
    await expect(other.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name })
    other.destroy()
  }
  const unsigned = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.ListSecrets' },
    body: '{}',
  })
  expect(await unsigned.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' })
})

it('lists and reads in pages, by filters', async () => {
  const { client } = await start()
  for (const Name of ['a/1', 'a/2', 'a/3', 'b/1'])
    await client.send(new CreateSecretCommand({ Name, SecretString: Name }))
  const list = new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['a/'] }], MaxResults: 2 })
  const first = await client.send(list)
  expect(first.SecretList?.map(({ Name }) => Name)).toEqual(['a/1', 'a/2'])
  const rest = await client.send(new ListSecretsCommand({ ...list.input, NextToken: first.NextToken }))
  expect(rest.SecretList?.map(({ Name }) => Name)).toEqual(['a/3'])
  const batch = await client.send(new BatchGetSecretValueCommand({ Filters: list.input.Filters }))
  expect(batch.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['a/1', 'a/2', 'a/3'])
  const named = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ['b/1', 'none'] }))
  expect(named.SecretValues?.map(({ Name }) => Name)).toEqual(['b/1'])
  expect(named.Errors?.map(({ SecretId }) => SecretId)).toEqual(['none'])
})

it('does not move a stage that another version holds', async () => {
  const { client } = await start()
  const made = await client.send(new CreateSecretCommand({ Name: 'a', SecretString: '1' }))
  await expect(
    client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'a',
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: made.VersionId,
        RemoveFromVersionId: 'f'.repeat(32),
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidParameterException' })
})
