import type { ChangedRecord, Clock, Timer } from '@proxy/core'
import type { Link } from '../link.js'
import type { RedisClient } from '../redis-client.js'
import { type Announced, readAnnounced } from './announce.js'

export type ChangeListener = (changed: ChangedRecord) => void

/**
 * Tells of changes made by any instance: at once by messages, and within `pollMs` and `graceMs` also of those whose
 * message was lost. Then nobody knows what changed, and listeners are told so; likewise while the logs cannot be read.
 */
export interface ChangeFeed {
  /** To be awaited before a record is read whose changes the log counts: what happens from then on is told. */
  follow(tag: string, log: string): Promise<void> | undefined
  /** The function that it returns ends it. */
  subscribe(listener: ChangeListener): () => void
  close(): void
}

export interface ChangeFeedOptions {
  readonly link: Link
  readonly clock: Clock
  readonly channel: string
  /** For the messages; ended by `close`. */
  readonly openSubscriber: () => RedisClient
  readonly pollMs: number
  readonly readWithinMs: number
}

interface Followed {
  readonly log: string
  epoch: string | undefined
  count: number
  usedAt: number
}

/** What a message gets to arrive after its count was read. */
const graceMs = 500
/** Logs that nobody has read records of for this long are left; nothing may be remembered for longer. */
const followMs = 2 * 3_600_000

export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { link, clock, channel, pollMs, readWithinMs } = options
  const listeners = new Set<ChangeListener>()
  const followed = new Map<string, Followed>()
  const starting = new Map<string, Promise<void>>()
  let subscriber: RedisClient | undefined
  let timer: Timer | undefined
  let isClosed = false

  function tell(changed: ChangedRecord): void {
    for (const listener of listeners) listener(changed)
  }

  async function readLog(log: string): Promise<Pick<Followed, 'epoch' | 'count'>> {
    const answer = await link.send(readWithinMs, 'hmget', log, 'epoch', 'count')
    const [epoch, count] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
    return { epoch: typeof epoch === 'string' ? epoch : undefined, count: Number(count ?? 0) }
  }

  async function startToFollow(tag: string, log: string): Promise<void> {
    try {
      followed.set(tag, { ...(await readLog(log)), log, usedAt: clock.now() })
    } catch {
      // What is read meanwhile is not to be trusted; the next read tries again.
      tell({ type: 'doubt' })
    } finally {
      starting.delete(tag)
    }
  }

  function hear(announced: Announced): void {
    tell(announced.change)
    const known = followed.get(announced.tag)
    if (known === undefined) return
    const isNext = announced.count === known.count + 1 && (announced.epoch === known.epoch || known.count === 0)
    if (announced.epoch === known.epoch && announced.count <= known.count) return
    known.epoch = announced.epoch
    known.count = announced.count
    if (!isNext) tell({ type: 'all' })
  }

  async function poll(): Promise<void> {
    const oldest = clock.now() - followMs
    for (const [tag, { usedAt }] of followed) if (usedAt < oldest) followed.delete(tag)
    const doubtful = await findDoubtful([...followed.values()])
    if (doubtful.length === 0 || isClosed) return
    await new Promise<void>((resolve) => clock.after(graceMs, resolve))
    const later = await Promise.all(doubtful.map(({ known }) => readLog(known.log)))
    let isMissing = false
    for (const [nth, { known, countBefore, seen }] of doubtful.entries()) {
      const now = later[nth] ?? seen
      // All that was counted then has been told by now, and no count has gone back.
      if (known.epoch === seen.epoch && known.count >= seen.count && now.count >= countBefore) continue
      known.epoch = now.epoch
      known.count = now.count
      isMissing = true
    }
    if (isMissing) tell({ type: 'all' })
  }

  /** Logs that count otherwise than what was told, with what they counted. */
  async function findDoubtful(all: readonly Followed[]) {
    const logs = await Promise.all(all.map(({ log }) => readLog(log)))
    return all.flatMap((known, nth) => {
      const seen = logs[nth]
      const isSame = seen === undefined || (seen.epoch === known.epoch && seen.count === known.count)
      return isSame ? [] : [{ known, countBefore: known.count, seen }]
    })
  }

  function pollSoon(delayMs: number): void {
    timer = clock.after(delayMs, () => {
      poll()
        .catch(() => tell({ type: 'doubt' }))
        .finally(() => {
          if (!isClosed) pollSoon(pollMs)
        })
    })
  }

  function start(): void {
    if (subscriber !== undefined) return
    const client = options.openSubscriber()
    subscriber = client
    const listen = (): void => void client.subscribe(channel).catch(() => undefined)
    client.on('error', () => undefined)
    client.on('ready', listen)
    client.on('message', (_: string, message: string) => {
      const announced = readAnnounced(message)
      if (announced !== undefined) hear(announced)
    })
    if (client.status === 'ready') listen()
    if (client.status === 'wait') client.connect().catch(() => undefined)
    pollSoon(pollMs)
  }

  return {
    follow(tag, log) {
      if (listeners.size === 0) return undefined
      const known = followed.get(tag)
      if (known !== undefined) {
        known.usedAt = clock.now()
        return undefined
      }
      let started = starting.get(tag)
      if (started === undefined) {
        started = startToFollow(tag, log)
        starting.set(tag, started)
      }
      return started
    },
    subscribe(listener) {
      listeners.add(listener)
      start()
      return () => listeners.delete(listener)
    },
    close() {
      isClosed = true
      timer?.cancel()
      subscriber?.disconnect()
    },
  }
}
