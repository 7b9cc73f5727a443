import {
  type Account,
  accountToRecord,
  type ChangedRecord,
  type Clock,
  cached,
  freezeDeep,
  type LeaseStore,
  recordToAccount,
  type Scope,
  type Storage,
  type StoredDocument,
} from '@proxy/core'
import type { Channel } from './channel.js'
import type { WireDocument } from './messages.js'
import { createRemoteCaller, type RemoteCaller } from './remote-caller.js'
import type { SharedParts } from './state-hub.js'

export interface SharedStateOptions {
  readonly clock: Pick<Clock, 'now'>
}

/** A worker's end of the shared state. */
export interface SharedState extends SharedParts {
  /** For other caches: hears what was changed by any process. The function it returns ends that. */
  subscribe(listener: (changed: ChangedRecord) => void): () => void
}

/**
 * The storage, limiter and leases that another process serves over the channel. Single records are remembered here
 * until that process tells of a change, which it does at once.
 */
export function connectSharedState(channel: Channel, { clock }: SharedStateOptions): SharedState {
  const caller = createRemoteCaller(channel)
  return {
    storage: cached(remoteStorage(caller), { clock, ttlMs: 5_000, negativeTtlMs: 1_000, subscribe: caller.subscribe }),
    rateLimiter: {
      async consume(buckets) {
        if (buckets.length === 0) return undefined
        return (await caller.call('consume', buckets)) ?? undefined
      },
    },
    leases: remoteLeases(caller),
    subscribe: caller.subscribe,
  }
}

function remoteStorage({ call }: RemoteCaller): Storage {
  return {
    readAccount: async (scope, id) => unpackAccount(await call('readAccount', wireScope(scope), id)),
    readAccountByExternalId: async (scope, app, externalId) =>
      unpackAccount(await call('readAccountByExternalId', wireScope(scope), app, externalId)),
    writeAccount: async (account, expectedVersion) =>
      unpackAccount(
        await call(
          'writeAccount',
          accountToRecord({ ...account, version: expectedVersion + 1 }, undefined),
          expectedVersion,
        ),
      ),
    deleteAccount: (scope, id) => call('deleteAccount', wireScope(scope), id),
    async listAccounts(query) {
      const page = await call('listAccounts', { ...query, scope: wireScope(query.scope) })
      return { ...page, rows: page.rows.flatMap((record) => unpackAccount(record) ?? []) }
    },
    listUsers: (query) => call('listUsers', { ...query, scope: wireScope(query.scope) }),
    readDocument: async (kind, id) => unpackDocument(await call('readDocument', kind, id)),
    async writeDocument({ kind, id, value, expiresAt }, expectedVersion) {
      const write = { kind, id, value, expiresAt: expiresAt ?? null }
      return unpackDocument(await call('writeDocument', write, expectedVersion ?? null))
    },
    deleteDocument: (kind, id) => call('deleteDocument', kind, id),
    async listDocuments(kind, prefix) {
      const documents = await call('listDocuments', kind, prefix)
      return documents.flatMap((document) => unpackDocument(document) ?? [])
    },
    async check() {
      await call('check')
    },
    // It is not this process that has it open.
    async close() {},
  }
}

function remoteLeases({ call }: RemoteCaller): LeaseStore {
  return {
    async acquire(key, durationMs) {
      const granted = await call('acquireLease', key, durationMs)
      if (granted === null) return undefined
      const { number, fencingToken } = granted
      return {
        key,
        fencingToken,
        renew: () => call('renewLease', number),
        async release() {
          await call('releaseLease', number)
        },
      }
    },
  }
}

/** The two fields alone: a whole account may stand where a scope is asked for. */
function wireScope({ project, environment }: Scope): Scope {
  return { project, environment }
}

function unpackAccount(record: string | null): Account | undefined {
  if (record === null) return undefined
  const { project, environment, id } = JSON.parse(record)
  return recordToAccount(record, { project, environment }, id, undefined)
}

function unpackDocument(document: WireDocument | null): StoredDocument | undefined {
  if (document === null) return undefined
  const { kind, id, value, version, expiresAt } = document
  return Object.freeze({ kind, id, value: freezeDeep(value), version, expiresAt: expiresAt ?? undefined })
}
