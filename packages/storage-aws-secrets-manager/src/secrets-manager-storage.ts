import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import {
  type Account,
  type Clock,
  type CredentialValues,
  freezeAccount,
  limitKey,
  type PartEvent,
  ProxyError,
  RecordError,
  type Scope,
  type Storage,
  systemClock,
} from '@proxy/core'
import { createAttempts } from './attempts.js'
import { batchReader, type ReadVersion } from './batch-reader.js'
import { createDeletions } from './deletions.js'
import { existingHome } from './existing-home.js'
import type { ExistingSecret } from './existing-secret.js'
import { createHealth } from './health.js'
import type { Home } from './home.js'
import { ownedHome } from './owned-home.js'
import { unusable } from './owned-text.js'
import { createComposer, toRow } from './row.js'
import { secretNames } from './secret-names.js'
import { createService } from './service.js'
import { serviceCheck } from './service-check.js'
import { ServiceFault } from './service-fault.js'
import { createValuesCache, type SecretCacheOptions } from './values-cache.js'

export interface SecretsManagerStorageOptions {
  /** Made, and ended, by the host; `secretsManagerClient` makes one. */
  readonly client: SecretsManagerClient
  /** Keeps everything but the credentials. The storage itself: what remembers goes round the whole. Closed with it. */
  readonly metadata: Storage
  /** Default `api-proxy/{project}/{environment}/{account}`. */
  readonly namePattern?: string
  /** Tags of new secrets. */
  readonly tags?: Readonly<Record<string, string>>
  /** Id, ARN or alias of a customer key. Default: the key `aws/secretsmanager` of the AWS account. */
  readonly kmsKeyId?: string
  /** Days until the secret of a deleted account is gone, 7 to 30. Default 30. */
  readonly recoveryWindowDays?: number
  /** Accounts whose credential is in a secret of the user's own. */
  readonly existing?: readonly ExistingSecret[]
  readonly cache?: SecretCacheOptions
  /** Milliseconds for a call with all its tries. Default 2,000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** From 0 to 1. */
  readonly random?: () => number
  /** Hears of each secret that is refused because it is foreign or damaged, and once for each time that one is denied. */
  readonly onRefusal?: (error: RecordError) => void
  /** Hears when Secrets Manager stops serving this process, and when it serves it again. */
  readonly onEvent?: (event: PartEvent) => void
}

export interface SecretsManagerStorage extends Storage {
  /** As `check`, for Secrets Manager alone. */
  checkSecrets(): Promise<void>
}

const finishEveryMs = 30_000

/**
 * Accounts whose credentials are in AWS Secrets Manager, and everything else in `metadata`. The guarded write of the
 * metadata decides which version of a secret counts, so nobody reads half a write.
 */
export function secretsManagerStorage(options: SecretsManagerStorageOptions): SecretsManagerStorage {
  const {
    client,
    metadata,
    tags = {},
    kmsKeyId,
    recoveryWindowDays = 30,
    existing = [],
    cache: cacheOptions = {},
  } = options
  const { timeoutMs: budgetMs = 2_000, clock = systemClock(), random = Math.random, onRefusal, onEvent } = options
  const nameOf = secretNames(options.namePattern ?? 'api-proxy/{project}/{environment}/{account}')
  const health = createHealth(onEvent ?? (() => undefined))
  const attempts = createAttempts({ clock, health, budgetMs, random })
  const service = createService({ client, attempts, tags, kmsKeyId })
  const cache = createValuesCache<CredentialValues>(cacheOptions, clock)
  const readRow = (account: Account): Promise<Account | undefined> | Account | undefined =>
    metadata.readAccount(account, account.id)
  const owned = ownedHome({ service, cache, nameOf, readRow })
  const existingHomes = new Map<string, Home>()
  for (const entry of existing) {
    const key = homeKey(entry, entry.account)
    if (existingHomes.has(key)) throw new Error(`The account ${JSON.stringify(entry.account)} has two secrets.`)
    existingHomes.set(key, existingHome(entry, { service, cache }))
  }
  const deletions = createDeletions({ metadata, service, clock, recoveryWindowDays })
  const compose = createComposer()
  const checkService = serviceCheck({
    attempts,
    health,
    clock,
    // Absent is an answer, too.
    probe: () => service.read(nameOf({ project: 'readiness', environment: 'production' }, 'check')),
  })
  let finishedAt = Number.NEGATIVE_INFINITY

  const toldDenials = new WeakSet<Error>()

  /** What is remembered of a denial is thrown at every call, and told once. */
  function tellRefusal(error: unknown, { id }: Account): void {
    if (error instanceof RecordError) onRefusal?.(error)
    const isDenied = error instanceof ServiceFault && error.kind === 'refused' && !error.isIdentity
    if (!isDenied || toldDenials.has(error)) return
    toldDenials.add(error)
    onRefusal?.(unusable(id, `may not be read (${error.message})`))
  }

  const homeOf = (scope: Scope, id: string): Home => existingHomes.get(homeKey(scope, id)) ?? owned

  function withValues(
    row: Account | undefined,
    read: ReadVersion = service.read,
  ): Promise<Account | undefined> | Account | undefined {
    if (row === undefined) return undefined
    const values = homeOf(row, row.id).read(row, read)
    if (!(values instanceof Promise)) return values === undefined ? undefined : compose(row, values)
    return values.then(
      (found) => (found === undefined ? undefined : compose(row, found)),
      (error: unknown) => {
        tellRefusal(error, row)
        throw toRejection(error)
      },
    )
  }

  async function checkSecrets(): Promise<void> {
    if (clock.now() >= finishedAt + finishEveryMs) {
      finishedAt = clock.now()
      await deletions.finish()
    }
    try {
      await checkService()
    } catch (error) {
      throw toRejection(error)
    }
  }

  return {
    readAccount(scope, id) {
      const row = metadata.readAccount(scope, id)
      return row instanceof Promise ? row.then((found) => withValues(found)) : withValues(row)
    },
    async readAccountByExternalId(scope, app, externalId) {
      return await withValues(await metadata.readAccountByExternalId(scope, app, externalId))
    },
    async writeAccount(account, expectedVersion) {
      const wanted = freezeAccount(account, expectedVersion + 1)
      const before = await readRow(wanted)
      if ((before?.version ?? 0) !== expectedVersion) return undefined
      const namesake = await metadata.readAccountByExternalId(wanted, wanted.app, wanted.externalId)
      if (namesake !== undefined && namesake.id !== wanted.id) return undefined
      try {
        const prepared = await homeOf(wanted, wanted.id).prepare(before, wanted)
        if (prepared === undefined) return undefined
        const row = await metadata.writeAccount(toRow(wanted, prepared.pointer), expectedVersion)
        if (row === undefined) return undefined
        await prepared.finish()
        return compose(row, prepared.values)
      } catch (error) {
        throw toRejection(error)
      }
    },
    async deleteAccount(scope, id) {
      const row = await metadata.readAccount(scope, id)
      const secret = row === undefined ? undefined : homeOf(scope, id).secretToDelete(row)
      const deleteRow = (): Promise<boolean> => metadata.deleteAccount(scope, id)
      return await (secret === undefined ? deleteRow() : deletions.run(scope, id, secret, deleteRow))
    },
    async listAccounts(query) {
      const page = await metadata.listAccounts(query)
      const read = batchReader(service)
      const accounts = await Promise.all(page.rows.map((row) => listed(row, read)))
      return { ...page, rows: accounts.filter((account) => account !== undefined) }
    },
    listUsers: (query) => metadata.listUsers(query),
    readDocument: (kind, id) => metadata.readDocument(kind, id),
    writeDocument: (document, expectedVersion) => metadata.writeDocument(document, expectedVersion),
    deleteDocument: (kind, id) => metadata.deleteDocument(kind, id),
    listDocuments: (kind, prefix) => metadata.listDocuments(kind, prefix),
    async check() {
      await metadata.check()
      await checkSecrets()
    },
    checkSecrets,
    close: () => metadata.close(),
  }

  /** A page is not lost by one bad secret: it is left out. */
  async function listed(row: Account, read: ReadVersion): Promise<Account | undefined> {
    try {
      return await withValues(row, read)
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      return undefined
    }
  }
}

function homeKey({ project, environment }: Scope, id: string): string {
  return limitKey([project, environment, id])
}

function toRejection(error: unknown): unknown {
  if (!(error instanceof ServiceFault)) return error
  return new ProxyError('credential_store_unavailable', 'The credential cannot be read or written at the moment.', {
    cause: error,
    retryAfterSeconds: 1,
  })
}
