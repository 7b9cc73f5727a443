import { ProxyError } from '@proxy/core'
import type { Verdict } from './decide.js'
import { changesInLine, type Journal } from './journal/journal.js'
import type { Change, State } from './state.js'

/** Decides writes one after another and answers each once its change is on the disk. */
export interface CommitQueue {
  /** `keys` are what the decision reads and changes: writes with a key in common never share a line of the file. */
  submit<T>(keys: readonly string[], decide: () => Verdict<T>): Promise<T>
  /** Resolves when the file can be written. */
  check(): Promise<void>
  /** Rewrites the file without what is outdated, while reads and writes go on. */
  compact(): Promise<void>
  /** Finishes the writes that wait, then closes the file. */
  close(): Promise<void>
}

interface Waiting {
  readonly keys: readonly string[]
  /** Decides; gives the change to make durable, and what to do with the outcome. */
  prepare(): { readonly change: Change | undefined; settle(failure: unknown): void }
}

export function commitQueue(journal: Journal, state: State, onChange: (change: Change) => void): CommitQueue {
  let waiting: Waiting[] = []
  let isRunning = false
  let idle = Promise.resolve()
  let isClosed = false
  let lastFailure: unknown
  /** Changes since a rewrite began, which it has yet to take over. */
  let sinceRewrite: Change[] | undefined
  let finishRewrite: (() => Promise<void>) | undefined
  let rewriting: Promise<void> | undefined
  let retryCompactionAt = 0

  return {
    submit(keys, decide) {
      return new Promise((resolve, reject) => {
        if (isClosed) {
          reject(unavailable('The storage is closed.', undefined))
          return
        }
        waiting.push({
          keys,
          prepare() {
            const { answer, change } = decide()
            return {
              change,
              settle(failure) {
                if (failure === undefined || change === undefined) resolve(answer)
                else reject(unavailable('The storage file cannot be written.', failure))
              },
            }
          },
        })
        start()
      })
    },
    async check() {
      if (isClosed) throw unavailable('The storage is closed.', undefined)
      if (lastFailure === undefined) return
      await new Promise<void>((resolve, reject) => {
        waiting.push({
          keys: [],
          prepare: () => ({
            change: undefined,
            settle: (failure) =>
              failure === undefined ? resolve() : reject(unavailable('The storage file cannot be written.', failure)),
          }),
        })
        start()
      })
    },
    async compact() {
      while (rewriting !== undefined) await rewriting.catch(() => {})
      if (isClosed) throw unavailable('The storage is closed.', undefined)
      await startCompaction()
    },
    async close() {
      if (isClosed) return await idle
      isClosed = true
      await rewriting?.catch(() => {})
      await idle
      await journal.close()
    },
  }

  function start(): void {
    if (isRunning) return
    isRunning = true
    idle = run()
  }

  async function run(): Promise<void> {
    // Writes of the same moment share a line.
    await undefined
    while (waiting.length > 0 || finishRewrite !== undefined) {
      await commit(takeBatch())
      await finishRewrite?.()
    }
    isRunning = false
  }

  /** The writes that wait, but for those that must see the outcome of another one first. */
  function takeBatch(): readonly Waiting[] {
    const batch: Waiting[] = []
    const later: Waiting[] = []
    const taken = new Set<string>()
    let at = 0
    for (; at < waiting.length && batch.length < changesInLine; at += 1) {
      const write = waiting[at]
      if (write === undefined) break
      const isFree = !write.keys.some((key) => taken.has(key))
      for (const key of write.keys) taken.add(key)
      if (isFree) batch.push(write)
      else later.push(write)
    }
    waiting = later.concat(waiting.slice(at))
    return batch
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return
    const prepared = batch.map((write) => write.prepare())
    const changes = prepared.flatMap(({ change }) => (change === undefined ? [] : [change]))
    let failure: unknown
    // After a failure an empty line proves that the disk is back, also when nothing is to be changed.
    if (changes.length > 0 || lastFailure !== undefined) {
      try {
        await journal.append(changes)
      } catch (error) {
        failure = error
      }
    }
    lastFailure = failure
    if (failure === undefined) {
      for (const change of changes) {
        state.apply(change)
        onChange(change)
      }
      sinceRewrite?.push(...changes)
    }
    compactWhenDue()
    for (const { settle } of prepared) settle(failure)
  }

  function compactWhenDue(): void {
    if (rewriting !== undefined || isClosed) return
    const { changeCount, isOutdated } = journal
    const isDue = isOutdated || changeCount > state.size * 1.5 + 4_096
    if (isDue && changeCount >= retryCompactionAt) startCompaction().catch(() => {})
  }

  function startCompaction(): Promise<void> {
    rewriting = rewrite()
      .catch((error: unknown) => {
        retryCompactionAt = journal.changeCount + 10_000
        throw unavailable('The storage file cannot be rewritten.', error)
      })
      .finally(() => {
        rewriting = undefined
        sinceRewrite = undefined
      })
    return rewriting
  }

  async function rewrite(): Promise<void> {
    const next = await journal.startRewrite()
    try {
      sinceRewrite = []
      let changes: Change[] = []
      for (const change of state.snapshot()) {
        changes.push(change)
        if (changes.length < changesInLine) continue
        await next.append(changes)
        changes = []
      }
      if (changes.length > 0) await next.append(changes)
      await next.sync()
      await inTurn(async () => {
        const since = sinceRewrite ?? []
        for (let at = 0; at < since.length; at += changesInLine) await next.append(since.slice(at, at + changesInLine))
        await next.finish()
      })
    } catch (error) {
      await next.abort()
      throw error
    }
  }

  /** Runs `task` between two commits. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      finishRewrite = () => {
        finishRewrite = undefined
        return task().then(resolve, reject)
      }
      start()
    })
  }
}

function unavailable(message: string, cause: unknown): ProxyError {
  return new ProxyError('credential_store_unavailable', message, { cause, retryAfterSeconds: 1 })
}
