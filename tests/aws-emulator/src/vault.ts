import { randomBytes, randomUUID } from 'node:crypto'
import { AwsFault, notFound } from './aws-fault.js'

export interface Tag {
  readonly Key: string
  readonly Value: string
}

interface Version {
  readonly id: string
  readonly text: string
  readonly createdAt: number
  stages: Set<string>
}

export interface StoredSecret {
  readonly name: string
  readonly arn: string
  readonly versions: Map<string, Version>
  readonly createdAt: number
  tags: Tag[]
  kmsKeyId: string | undefined
  changedAt: number
  /** Epoch milliseconds of a deletion that is scheduled. */
  deletesAt: number | undefined
}

type Input = Readonly<Record<string, unknown>>

const region = 'eu-west-1'
const versionsMost = 100
const textBytesMost = 65_536

/** What Secrets Manager does, without the wire. Times are epoch milliseconds from `now`. */
export function createVault(now: () => number) {
  const secrets = new Map<string, StoredSecret>()

  function find(id: unknown): StoredSecret {
    const byName = secrets.get(String(id))
    const secret = byName ?? [...secrets.values()].find(({ arn }) => arn === id)
    if (secret === undefined) throw notFound()
    if (secret.deletesAt === undefined || now() < secret.deletesAt) return secret
    secrets.delete(secret.name)
    throw notFound()
  }

  function live(id: unknown): StoredSecret {
    const secret = find(id)
    if (secret.deletesAt === undefined) return secret
    throw new AwsFault(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    )
  }

  function addVersion(secret: StoredSecret, text: string, token: unknown, stages: readonly string[]): Version {
    const id = typeof token === 'string' ? token : randomUUID()
    if (!/^.{32,64}$/.test(id)) throw new AwsFault('InvalidParameterException', 'A token has 32 to 64 characters.')
    if (text === '' || Buffer.byteLength(text) > textBytesMost) {
      throw new AwsFault('ValidationException', 'The secret string has 1 to 65,536 bytes.')
    }
    const before = secret.versions.get(id)
    if (before !== undefined) {
      if (before.text === text) return before
      throw new AwsFault(
        'ResourceExistsException',
        'The operation failed because a version with this token exists with other contents.',
      )
    }
    for (const stage of stages) {
      for (const version of secret.versions.values()) {
        if (!version.stages.delete(stage) || stage !== 'AWSCURRENT') continue
        for (const other of secret.versions.values()) other.stages.delete('AWSPREVIOUS')
        version.stages.add('AWSPREVIOUS')
      }
    }
    const version: Version = { id, text, createdAt: now(), stages: new Set(stages) }
    secret.versions.set(id, version)
    secret.changedAt = now()
    for (const [old, { stages: held, createdAt }] of secret.versions) {
      if (secret.versions.size <= versionsMost) break
      if (held.size === 0 && createdAt < now() - 86_400_000) secret.versions.delete(old)
    }
    return version
  }

  function currentOf(secret: StoredSecret, input: Input): Version {
    const stage = typeof input.VersionStage === 'string' ? input.VersionStage : 'AWSCURRENT'
    for (const version of secret.versions.values()) {
      if (typeof input.VersionId === 'string' ? version.id === input.VersionId : version.stages.has(stage))
        return version
    }
    throw notFound()
  }

  function answerOf(secret: StoredSecret, version: Version) {
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      SecretString: version.text,
      VersionStages: [...version.stages],
      CreatedDate: version.createdAt / 1000,
    }
  }

  function described(secret: StoredSecret) {
    return {
      ARN: secret.arn,
      Name: secret.name,
      Tags: secret.tags,
      CreatedDate: secret.createdAt / 1000,
      LastChangedDate: secret.changedAt / 1000,
      ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
      ...(secret.deletesAt !== undefined && { DeletedDate: secret.deletesAt / 1000 }),
    }
  }

  const operations: Readonly<Record<string, (input: Input) => unknown>> = {
    CreateSecret(input) {
      const name = requireName(input.Name)
      const taken = secrets.get(name)
      if (taken?.deletesAt !== undefined && taken.deletesAt <= now()) secrets.delete(name)
      else if (taken !== undefined) return recreate(taken, input)
      const secret: StoredSecret = {
        name,
        arn: `arn:aws:secretsmanager:${region}:000000000000:secret:${name}-${randomBytes(3).toString('hex')}`,
        versions: new Map(),
        createdAt: now(),
        tags: Array.isArray(input.Tags) ? input.Tags : [],
        kmsKeyId: typeof input.KmsKeyId === 'string' ? input.KmsKeyId : undefined,
        changedAt: now(),
        deletesAt: undefined,
      }
      const version = addVersion(secret, String(input.SecretString), input.ClientRequestToken, ['AWSCURRENT'])
      secrets.set(name, secret)
      return { ARN: secret.arn, Name: name, VersionId: version.id }
    },
    GetSecretValue(input) {
      const secret = live(input.SecretId)
      return answerOf(secret, currentOf(secret, input))
    },
    BatchGetSecretValue(input) {
      const named: readonly unknown[] | undefined = Array.isArray(input.SecretIdList) ? input.SecretIdList : undefined
      if ((named === undefined) === !Array.isArray(input.Filters)) {
        throw new AwsFault('InvalidParameterException', 'Either SecretIdList or Filters must be given.')
      }
      if (named !== undefined && named.length > 20) {
        throw new AwsFault('InvalidParameterException', 'At most 20 secrets can be named.')
      }
      const { rows: ids, ...rest } = pageOf(named ?? filtered(input).map(({ name }) => name), input, 20)
      const values: unknown[] = []
      const errors: unknown[] = []
      for (const id of ids) {
        try {
          const secret = live(id)
          values.push(answerOf(secret, currentOf(secret, {})))
        } catch (error) {
          const { type, message } = error instanceof AwsFault ? error : notFound()
          errors.push({ SecretId: id, ErrorCode: type, Message: message })
        }
      }
      return { SecretValues: values, Errors: errors, ...rest }
    },
    PutSecretValue(input) {
      const secret = live(input.SecretId)
      const stages = Array.isArray(input.VersionStages) ? input.VersionStages.map(String) : ['AWSCURRENT']
      const version = addVersion(secret, String(input.SecretString), input.ClientRequestToken, stages)
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] }
    },
    UpdateSecretVersionStage(input) {
      const secret = live(input.SecretId)
      const stage = String(input.VersionStage)
      const from =
        typeof input.RemoveFromVersionId === 'string' ? secret.versions.get(input.RemoveFromVersionId) : undefined
      const holder = [...secret.versions.values()].find(({ stages }) => stages.has(stage))
      if (holder !== from) {
        throw new AwsFault('InvalidParameterException', `The stage ${stage} is attached to another version.`)
      }
      const to = typeof input.MoveToVersionId === 'string' ? secret.versions.get(input.MoveToVersionId) : undefined
      if (typeof input.MoveToVersionId === 'string' && to === undefined) throw notFound()
      from?.stages.delete(stage)
      if (stage === 'AWSCURRENT' && from !== undefined) {
        for (const other of secret.versions.values()) other.stages.delete('AWSPREVIOUS')
        from.stages.add('AWSPREVIOUS')
      }
      to?.stages.delete('AWSPREVIOUS')
      to?.stages.add(stage)
      secret.changedAt = now()
      return { ARN: secret.arn, Name: secret.name }
    },
    DescribeSecret(input) {
      const secret = find(input.SecretId)
      const stages = [...secret.versions.values()]
        .filter(({ stages: held }) => held.size > 0)
        .map(({ id, stages: held }) => [id, [...held]])
      return { ...described(secret), VersionIdsToStages: Object.fromEntries(stages) }
    },
    DeleteSecret(input) {
      const secret = find(input.SecretId)
      if (input.ForceDeleteWithoutRecovery === true) secrets.delete(secret.name)
      else secret.deletesAt = now() + requireWindow(input.RecoveryWindowInDays) * 86_400_000
      return { ARN: secret.arn, Name: secret.name, DeletionDate: (secret.deletesAt ?? now()) / 1000 }
    },
    RestoreSecret(input) {
      const secret = find(input.SecretId)
      secret.deletesAt = undefined
      return { ARN: secret.arn, Name: secret.name }
    },
    TagResource(input) {
      const secret = live(input.SecretId)
      const added: Tag[] = Array.isArray(input.Tags) ? input.Tags : []
      secret.tags = [...secret.tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key)), ...added]
      return {}
    },
    ListSecrets(input) {
      const { rows, ...rest } = pageOf(filtered(input), input, 100)
      return { SecretList: rows.map(described), ...rest }
    },
  }

  function filtered(input: Input): readonly StoredSecret[] {
    const filters = Array.isArray(input.Filters) ? input.Filters : []
    return [...secrets.values()]
      .filter(({ deletesAt }) => deletesAt === undefined || input.IncludePlannedDeletion === true)
      .filter((secret) => filters.every((filter) => fits(secret, filter)))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  function recreate(taken: StoredSecret, input: Input): unknown {
    const { versions, deletesAt } = taken
    if (deletesAt !== undefined) {
      throw new AwsFault(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      )
    }
    const same = typeof input.ClientRequestToken === 'string' ? versions.get(input.ClientRequestToken) : undefined
    if (same !== undefined && same.text === input.SecretString) {
      return { ARN: taken.arn, Name: taken.name, VersionId: same.id }
    }
    throw new AwsFault('ResourceExistsException', 'The operation failed because the secret already exists.')
  }

  return {
    secrets: secrets as ReadonlyMap<string, StoredSecret>,
    perform(operation: string, input: Input): unknown {
      const perform = operations[operation]
      if (perform === undefined) throw new AwsFault('UnknownOperationException', `${operation} is not emulated.`)
      return perform(input)
    },
  }
}

function pageOf<T>(all: readonly T[], input: Input, most: number): { rows: readonly T[]; NextToken?: string } {
  const start = typeof input.NextToken === 'string' ? Number(Buffer.from(input.NextToken, 'base64').toString()) : 0
  const end = start + Math.min(most, Number(input.MaxResults ?? most))
  const rows = all.slice(start, end)
  return end < all.length ? { rows, NextToken: Buffer.from(String(end)).toString('base64') } : { rows }
}

/** Filters match prefixes, each of its own kind; a leading `!` turns one round. */
function fits(secret: StoredSecret, filter: { Key: string; Values: readonly string[] }): boolean {
  return filter.Values.some((value) => {
    if (value.startsWith('!')) return !fits(secret, { Key: filter.Key, Values: [value.slice(1)] })
    switch (filter.Key) {
      case 'name':
        return secret.name.startsWith(value)
      case 'tag-key':
        return secret.tags.some(({ Key }) => Key.startsWith(value))
      case 'tag-value':
        return secret.tags.some(({ Value }) => Value.startsWith(value))
      default:
        throw new AwsFault('InvalidParameterException', `The filter ${filter.Key} is not emulated.`)
    }
  })
}

function requireWindow(days: unknown = 30): number {
  if (typeof days === 'number' && days >= 7 && days <= 30) return days
  throw new AwsFault('InvalidParameterException', 'The recovery window is 7 to 30 days.')
}

function requireName(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) return name
  throw new AwsFault('ValidationException', 'The secret name is not valid.')
}
