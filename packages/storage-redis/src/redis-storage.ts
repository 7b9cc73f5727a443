import { randomUUID } from 'node:crypto'
import {
  type Clock,
  type PartEvent,
  type RecordError,
  type SealedAccounts,
  type Sealer,
  type Storage,
  systemClock,
} from '@proxy/core'
import { accountLists } from './accounts/account-lists.js'
import { accountStore } from './accounts/account-store.js'
import { type ChangeListener, createChangeFeed } from './changes/change-feed.js'
import { confirmWrite } from './confirm-write.js'
import { documentStore } from './documents/document-store.js'
import { createKeys } from './keys.js'
import { createLink, duplicateLink } from './link.js'
import { duplicateClient, type RedisClient } from './redis-client.js'
import { createRemembered } from './remembered.js'
import { storeAccess } from './store-access.js'

export interface RedisStorageOptions {
  /** Made, and ended, by the host. */
  readonly client: RedisClient
  /** Seals credentials. Needed, unless `plaintext` is set. */
  readonly sealer?: Sealer
  /** Lets Redis hold credentials unsealed. Default false. */
  readonly plaintext?: boolean
  /** Begins every key. Default `api-proxy:`. */
  readonly prefix?: string
  /**
   * Replicas that must have a write before it is acknowledged, as long as they are there: with one, no acknowledged
   * write is lost by a failover. Default 0.
   */
  readonly replicas?: number
  /** Milliseconds that a read waits which was answered before, and may be remembered by who reads. Default 40. */
  readonly readTimeoutMs?: number
  /** Milliseconds that everything else waits. Default 1,000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** Hears when Redis is away and when it is back. */
  readonly onEvent?: (event: PartEvent) => void
  /** Hears of each record that is refused because it is foreign or damaged. */
  readonly onRefusal?: (error: RecordError) => void
}

export interface RedisStorage extends Storage, SealedAccounts {
  /**
   * Tells of changes made by any instance, for `cached`: most at once, all within 3 seconds. The function that it
   * returns ends that. Nothing may be remembered for longer than an hour.
   */
  subscribe(listener: ChangeListener): () => void
}

const pollMs = 1_500
const pollWithinMs = 1_000

/**
 * Accounts and documents in Redis, for any number of instances. Put `cached` of the core around it: then a call costs
 * no round trip for an account that was read before.
 */
export function redisStorage(options: RedisStorageOptions): RedisStorage {
  const { client, sealer, plaintext = false, prefix = 'api-proxy:', replicas = 0 } = options
  if (sealer === undefined && !plaintext) {
    throw new Error('Redis storage needs an encryption key, or the setting that allows plaintext.')
  }
  const { readTimeoutMs = 40, timeoutMs = 1_000, onEvent = ignore, onRefusal = ignore } = options
  const clock = options.clock ?? systemClock()
  const keys = createKeys(prefix)
  const link = createLink(client)
  // Waiting for replicas would hold up the reads behind it.
  const writing = replicas > 0 ? duplicateLink(client) : link
  const remembered = createRemembered(keys)
  let isCached = false
  const access = storeAccess({
    link,
    writing,
    clock,
    remembered: { ...remembered, has: (name) => isCached && remembered.has(name) },
    checkKey: keys.check(),
    soonMs: readTimeoutMs,
    patientMs: timeoutMs,
    confirm: async (key) => {
      if (replicas > 0) await confirmWrite(writing, key, replicas)
    },
    onEvent,
  })
  const feed = createChangeFeed({
    link,
    clock,
    channel: keys.channel,
    openSubscriber: () => duplicateClient(client),
    pollMs,
    readWithinMs: pollWithinMs,
  })
  const parts = { keys, access, clock, follow: feed.follow, epoch: randomUUID(), onRefusal }
  const accounts = accountStore({ ...parts, sealer })
  const { readPatiently: _, ...readAndWrite } = accounts

  return {
    ...readAndWrite,
    ...accountLists({ keys, access, accounts, sealer }),
    ...documentStore(parts),
    check: access.check,
    subscribe(listener) {
      if (!isCached) feed.subscribe(remembered.hear)
      isCached = true
      return feed.subscribe(listener)
    },
    async close() {
      feed.close()
      access.close()
      if (writing !== link) writing.close()
      link.close()
    },
  }
}

function ignore(): void {}
