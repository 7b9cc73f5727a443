import { randomBytes } from 'node:crypto'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type AwsEmulator, startAwsEmulator } from '@proxy/aws-emulator'
import { type RawAnswer, rawRequest } from '@proxy/test-support'
import { onTestFinished } from 'vitest'
import { startWorld, type World } from '../server/world.js'
import { clientSettings } from './set-up.js'

/** Name of a secret that was there before the server. */
const existingName = 'team/vendor'
export const existingKey = 'key-of-the-team-19ab'

/** An emulator that is stopped with the test. */
export async function startSecrets(): Promise<AwsEmulator> {
  const emulator = await startAwsEmulator()
  onTestFinished(() => emulator.stop())
  return emulator
}

async function makeExisting(emulator: AwsEmulator): Promise<void> {
  const client = new SecretsManagerClient(clientSettings(emulator))
  const SecretString = JSON.stringify({ vendor: { key: existingKey } })
  await client.send(new CreateSecretCommand({ Name: existingName, SecretString }))
  client.destroy()
}

/** What the AWS SDK finds in the environment of the server. */
export function awsEnvironment({ region, credentials }: AwsEmulator): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    WORKERS: '1',
  }
}

/** Keys for several servers that shall open what the others sealed. */
export function sharedKeys(): Record<string, unknown> {
  const key = (): string => randomBytes(32).toString('base64')
  return { encryption: { keys: [key()] }, tokens: { signingKeys: [key()] } }
}

export interface ServerOptions {
  readonly upstreamPort: number
  readonly emulator: AwsEmulator
  readonly storage?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly environment?: Readonly<Record<string, string>>
  readonly folder?: string
}

/** The built server over the emulator. */
export function startSecretsWorld(options: ServerOptions): Promise<World> {
  const { upstreamPort, emulator, storage = {}, config = {}, environment = {}, folder } = options
  return startWorld({
    upstreamPort,
    environment: { ...awsEnvironment(emulator), ...environment },
    ...(folder !== undefined && { folder }),
    config: { storage: { kind: 'aws-secrets-manager', endpoint: emulator.endpoint, ...storage }, ...config },
  })
}

/** `startSecretsWorld` with the account of `startWorld` taking its credential from the existing secret, unread yet. */
export async function startExistingWorld(options: ServerOptions): Promise<World> {
  await makeExisting(options.emulator)
  const existing = [
    {
      project: 'proj_1',
      environment: 'development',
      account: 'apn_1',
      secret: existingName,
      custom_fields: { api_key: '/vendor/key' },
    },
  ]
  const account = { project: 'proj_1', environment: 'development', id: 'apn_1', external_user_id: 'u1', app: 'acme' }
  return await startSecretsWorld({
    ...options,
    storage: { existing, ...options.storage },
    config: { ...options.config, accounts: [account] },
  })
}

export async function callWorld(world: World, token: string, path = '/x'): Promise<RawAnswer> {
  const { url, headers } = world.call(path, token)
  return await rawRequest(url, { headers })
}

export async function readiness(world: World): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await rawRequest(`${world.url}/readyz`)
  return { status: answer.status, body: answer.json() }
}

/** Log lines with the message. */
export function linesOf(world: World, message: string): readonly Record<string, unknown>[] {
  return world.server.output.out
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
