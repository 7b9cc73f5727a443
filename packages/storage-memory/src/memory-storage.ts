import {
  type Account,
  type Clock,
  freezeAccount,
  limitKey,
  ownJson,
  type Scope,
  type Sealer,
  type Storage,
} from '@proxy/core'
import { type CommitQueue, commitQueue } from './commit-queue.js'
import {
  decideDeleteAccount,
  decideDeleteDocument,
  decideWriteAccount,
  decideWriteDocument,
  type Verdict,
} from './decide.js'
import { type Journal, openJournal } from './journal/journal.js'
import { type Change, createState } from './state.js'

export interface MemoryStorageOptions {
  /** Path of a file that keeps everything over restarts; its folder is made when missing. None by default. */
  readonly file?: string
  /** Seals the file. Needed with `file`, unless `plaintext` is set. */
  readonly sealer?: Sealer
  /** Lets the file hold credentials unsealed. Default false. */
  readonly plaintext?: boolean
  readonly clock?: Pick<Clock, 'now'>
  /** Hears every change once it holds. It must not throw. */
  readonly onChange?: (change: Change) => void
}

/** A `Storage` whose `readAccount` answers at once, with the same frozen object until the account is written again. */
export interface MemoryStorage extends Storage {
  readAccount(scope: Scope, id: string): Account | undefined
  /** Rewrites the file, sealed with the current key throughout, while reads and writes go on. Nothing without a file. */
  compact(): Promise<void>
  /** True while parts of the file are sealed with another key than the first; `compact` ends that. */
  readonly isOutdated: boolean
  /** Bytes of a last write that a crash had cut short: never acknowledged, dropped when the file was opened. */
  readonly tornBytes: number
}

/**
 * Accounts and documents in the memory of this process, with an optional file behind them. A write is acknowledged when
 * it is on the disk. Throws when the file cannot be opened, is damaged, or is in use by another process.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): MemoryStorage {
  const { file } = options
  const now = options.clock === undefined ? Date.now : options.clock.now.bind(options.clock)
  const state = createState(now)
  let queue: CommitQueue | undefined
  let journal: Journal | undefined
  let tornBytes = 0
  if (file !== undefined) {
    if (options.sealer === undefined && options.plaintext !== true) {
      throw new Error(`The storage file ${file} needs an encryption key, or the setting that allows plaintext.`)
    }
    journal = openJournal({ path: file, sealer: options.sealer }, state.apply)
    state.sort()
    tornBytes = journal.tornBytes
    queue = commitQueue(journal, state, tell)
  }

  return {
    tornBytes,
    get isOutdated() {
      return journal?.isOutdated === true
    },
    readAccount: (scope, id) => state.find(scope)?.accounts.get(id),
    async readAccountByExternalId(scope, app, externalId) {
      return state.find(scope)?.accounts.getByExternalId(app, externalId)
    },
    async writeAccount(account, expectedVersion) {
      const keys = [accountKey(account, account.id), externalKey(account, account.app, account.externalId)]
      const wanted = freezeAccount(account, expectedVersion + 1)
      return await submit(keys, () => decideWriteAccount(state, wanted))
    },
    async deleteAccount(scope, id) {
      return await submit([accountKey(scope, id)], () => decideDeleteAccount(state, scope, id, now()))
    },
    async listAccounts(query) {
      return state.find(query.scope)?.accounts.list(query) ?? { rows: [], totalCount: 0, hasMore: false }
    },
    async listUsers(query) {
      return state.find(query.scope)?.accounts.listUsers(query) ?? { rows: [], totalCount: 0, hasMore: false }
    },
    async readDocument(kind, id) {
      return state.documents.get(kind, id)
    },
    async writeDocument(document, expectedVersion) {
      const keys = [limitKey(['document', document.kind, document.id])]
      const wanted = { ...document, value: ownJson(document.value) }
      return await submit(keys, () => decideWriteDocument(state, wanted, expectedVersion))
    },
    async deleteDocument(kind, id) {
      return await submit([limitKey(['document', kind, id])], () => decideDeleteDocument(state, kind, id))
    },
    async listDocuments(kind, prefix) {
      return state.documents.list(kind, prefix)
    },
    async check() {
      await queue?.check()
    },
    async compact() {
      await queue?.compact()
    },
    async close() {
      await queue?.close()
    },
  }

  function submit<T>(keys: readonly string[], decide: () => Verdict<T>): Promise<T> | T {
    if (queue !== undefined) return queue.submit(keys, decide)
    const { answer, change } = decide()
    if (change !== undefined) {
      state.apply(change)
      tell(change)
    }
    return answer
  }

  function tell(change: Change): void {
    try {
      options.onChange?.(change)
    } catch {
      // The change holds, whatever its listener does.
    }
  }
}

function accountKey({ project, environment }: Scope, id: string): string {
  return limitKey(['account', project, environment, id])
}

function externalKey({ project, environment }: Scope, app: string, externalId: string): string {
  return limitKey(['external', project, environment, app, externalId])
}
