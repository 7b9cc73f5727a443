import {
  type Account,
  accountToRecord,
  type ChangedRecord,
  type Lease,
  type LeaseStore,
  type Page,
  ProxyError,
  type RateLimiter,
  recordToAccount,
  type Storage,
  type StoredDocument,
} from '@proxy/core'
import type { Change } from '../state.js'
import type { Channel } from './channel.js'
import { type Answer, isSharedStateMessage, type Operations, type Question, type WireDocument } from './messages.js'
import { createOutbox, type Outbox } from './outbox.js'

/** What the processes of one server share. */
export interface SharedParts {
  readonly storage: Storage
  readonly rateLimiter: RateLimiter
  readonly leases: LeaseStore
}

/** The holder's end of the shared state. */
export interface StateHub {
  /** For `onChange` of the storage: tells every process that what it remembers is outdated. */
  announce(change: Change): void
  /** Answers what comes over the channel out of `parts`, until it closes. */
  serve(channel: Channel, parts: SharedParts): void
}

type Handlers = {
  readonly [Name in keyof Operations]: (
    ...operands: Parameters<Operations[Name]>
  ) => Promise<ReturnType<Operations[Name]>> | ReturnType<Operations[Name]>
}

/**
 * Lets the workers of a server use the storage, limiter and leases of one process.
 *
 * @example
 * const hub = createStateHub()
 * const storage = memoryStorage({ onChange: hub.announce })
 * hub.serve(processChannel(worker), { storage, rateLimiter: memoryRateLimiter(), leases: memoryLeaseStore() })
 */
export function createStateHub(): StateHub {
  const outboxes = new Set<Outbox<ChangedRecord>>()

  return {
    announce(change) {
      const changed = describeChange(change)
      for (const outbox of outboxes) outbox.add(changed)
    },
    serve(channel, parts) {
      const changes = createOutbox<ChangedRecord>(channel, (all) => ({ changes: all }))
      const answers = createOutbox<Answer>(channel, (all) => ({ answers: all }))
      const handlers = createHandlers(parts)
      outboxes.add(changes)
      channel.onClose(() => outboxes.delete(changes))
      channel.onMessage((message) => {
        if (!isSharedStateMessage(message)) return
        for (const question of message.sharedState.questions ?? []) answer(handlers, question, answers)
      })
    },
  }
}

function answer(
  handlers: Handlers,
  { number, operation, arguments: operands }: Question,
  answers: Outbox<Answer>,
): void {
  const handle: (...operands: never[]) => unknown = handlers[operation]
  const run = async (): Promise<unknown> => await handle(...(operands as never[]))
  run().then(
    (value) => answers.add({ number, value }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : 'The state cannot be reached.'
      answers.add({ number, error: { code: error instanceof ProxyError ? error.code : null, message } })
    },
  )
}

function createHandlers({ storage, rateLimiter, leases }: SharedParts): Handlers {
  const granted = new Map<number, Lease>()
  let lastGrant = 0

  return {
    readAccount: async (scope, id) => packAccount(await storage.readAccount(scope, id)),
    readAccountByExternalId: async (scope, app, externalId) =>
      packAccount(await storage.readAccountByExternalId(scope, app, externalId)),
    async writeAccount(record, expectedVersion) {
      const { project, environment, id } = JSON.parse(record)
      const account = recordToAccount(record, { project, environment }, id, undefined)
      return packAccount(await storage.writeAccount(account, expectedVersion))
    },
    deleteAccount: (scope, id) => storage.deleteAccount(scope, id),
    async listAccounts(query): Promise<Page<string>> {
      const page = await storage.listAccounts(query)
      return { ...page, rows: page.rows.map((account) => accountToRecord(account, undefined)) }
    },
    listUsers: (query) => storage.listUsers(query),
    readDocument: async (kind, id) => packDocument(await storage.readDocument(kind, id)),
    async writeDocument({ expiresAt, ...document }, expectedVersion) {
      const write = { ...document, ...(expiresAt !== null && { expiresAt }) }
      return packDocument(await storage.writeDocument(write, expectedVersion ?? undefined))
    },
    deleteDocument: (kind, id) => storage.deleteDocument(kind, id),
    async listDocuments(kind, prefix) {
      const documents = await storage.listDocuments(kind, prefix)
      return documents.flatMap((document) => packDocument(document) ?? [])
    },
    async check() {
      await storage.check()
      return null
    },
    consume: async (buckets) => (await rateLimiter.consume(buckets)) ?? null,
    async acquireLease(key, durationMs) {
      const lease = await leases.acquire(key, durationMs)
      if (lease === undefined) return null
      lastGrant += 1
      granted.set(lastGrant, lease)
      return { number: lastGrant, fencingToken: lease.fencingToken }
    },
    async renewLease(number) {
      const isHeld = (await granted.get(number)?.renew()) ?? false
      if (!isHeld) granted.delete(number)
      return isHeld
    },
    async releaseLease(number) {
      await granted.get(number)?.release()
      granted.delete(number)
      return null
    },
  }
}

function packAccount(account: Account | undefined): string | null {
  return account === undefined ? null : accountToRecord(account, undefined)
}

function packDocument(document: StoredDocument | undefined): WireDocument | null {
  return document === undefined ? null : { ...document, expiresAt: document.expiresAt ?? null }
}

function describeChange(change: Change): ChangedRecord {
  switch (change.type) {
    case 'account-written': {
      const { project, environment, id, app, externalId } = change.account
      return { type: 'account', scope: { project, environment }, id, names: { app, externalId } }
    }
    case 'account-deleted':
      return { type: 'account', scope: change.scope, id: change.id }
    case 'document-written':
      return { type: 'document', kind: change.document.kind, id: change.document.id }
    case 'document-deleted':
      return { type: 'document', kind: change.kind, id: change.id }
  }
}
