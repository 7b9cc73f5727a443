import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Attempts } from './attempts.js'
import { isFault, ServiceFault } from './service-fault.js'

const currentStage = 'AWSCURRENT'
/** Keeps a version that was written and is not current yet. */
const pendingStage = 'API_PROXY_PENDING'

/** One version of a secret. */
export interface SecretVersion {
  readonly version: string
  readonly text: string
  readonly isCurrent: boolean
}

/** The calls of Secrets Manager that the storage makes. They reject with a `ServiceFault`. */
export interface Service {
  /** The current version when none is named; undefined when there is no such secret or version, or no longer. */
  read(secret: string, version?: string): Promise<SecretVersion | undefined>
  /** The current versions of 20 secrets at most, by the name that was asked for. What cannot be read is missing. */
  readMany(secrets: readonly string[]): Promise<ReadonlyMap<string, SecretVersion>>
  create(secret: string, version: string, text: string): Promise<void>
  /** Adds a version that is not current. */
  put(secret: string, version: string, text: string): Promise<void>
  /** Makes `to` current if `from` is. */
  makeCurrent(secret: string, to: string, from: string): Promise<void>
  /** Undefined when there is no such secret, or none of its versions is current. */
  currentVersion(secret: string): Promise<string | undefined>
  /** Schedules the deletion; nothing when there is no such secret. */
  remove(secret: string, recoveryWindowDays: number): Promise<void>
}

export interface ServiceOptions {
  readonly client: SecretsManagerClient
  readonly attempts: Attempts
  readonly tags: Readonly<Record<string, string>>
  readonly kmsKeyId: string | undefined
}

export function createService({ client, attempts, tags, kmsKeyId }: ServiceOptions): Service {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

  return {
    async read(SecretId, VersionId) {
      try {
        const answer = await attempts.run('GetSecretValue', (abortSignal) =>
          client.send(new GetSecretValueCommand({ SecretId, ...(VersionId !== undefined && { VersionId }) }), {
            abortSignal,
          }),
        )
        return toVersion(answer)
      } catch (error) {
        if (isFault(error, 'absent') || isFault(error, 'deleted')) return undefined
        throw error
      }
    },
    async readMany(secrets) {
      const answer = await attempts.run('BatchGetSecretValue', (abortSignal) =>
        client.send(new BatchGetSecretValueCommand({ SecretIdList: [...secrets] }), { abortSignal }),
      )
      const found = new Map<string, SecretVersion>()
      for (const value of answer.SecretValues ?? []) {
        if (value.SecretString === undefined) continue
        for (const name of [value.Name, value.ARN]) if (name !== undefined) found.set(name, toVersion(value))
      }
      return found
    },
    async create(Name, ClientRequestToken, SecretString) {
      await attempts.run('CreateSecret', (abortSignal) =>
        client.send(
          new CreateSecretCommand({
            Name,
            ClientRequestToken,
            SecretString,
            ...(Tags.length > 0 && { Tags }),
            ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
          }),
          { abortSignal },
        ),
      )
    },
    async put(SecretId, ClientRequestToken, SecretString) {
      const VersionStages = [pendingStage]
      await attempts.run('PutSecretValue', (abortSignal) =>
        client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages }), {
          abortSignal,
        }),
      )
    },
    async makeCurrent(SecretId, MoveToVersionId, RemoveFromVersionId) {
      const VersionStage = currentStage
      await attempts.run('UpdateSecretVersionStage', (abortSignal) =>
        client.send(
          new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }),
          { abortSignal },
        ),
      )
    },
    async currentVersion(SecretId) {
      try {
        const { VersionIdsToStages = {} } = await attempts.run('DescribeSecret', (abortSignal) =>
          client.send(new DescribeSecretCommand({ SecretId }), { abortSignal }),
        )
        return Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(currentStage))?.[0]
      } catch (error) {
        if (isFault(error, 'absent')) return undefined
        throw error
      }
    },
    async remove(SecretId, RecoveryWindowInDays) {
      try {
        await attempts.run('DeleteSecret', (abortSignal) =>
          client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays }), { abortSignal }),
        )
      } catch (error) {
        if (!isFault(error, 'absent') && !isFault(error, 'deleted')) throw error
      }
    },
  }
}

interface ValueAnswer {
  readonly VersionId?: string | undefined
  readonly SecretString?: string | undefined
  readonly VersionStages?: readonly string[] | undefined
}

function toVersion({ VersionId = '', SecretString, VersionStages = [] }: ValueAnswer): SecretVersion {
  if (SecretString === undefined) throw new ServiceFault('refused', 'GetSecretValue', 'the secret is binary')
  return { version: VersionId, text: SecretString, isCurrent: VersionStages.includes(currentStage) }
}
