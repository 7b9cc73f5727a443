import { type ChangedRecord, type ErrorCode, errorStatus, ProxyError } from '@proxy/core'
import type { Channel } from './channel.js'
import { type Answer, isSharedStateMessage, type OperationName, type Operations, type Question } from './messages.js'
import { createOutbox } from './outbox.js'

/** Asks the process that holds the state. */
export interface RemoteCaller {
  /** Rejects as the operation did there, or with `credential_store_unavailable` when that process is gone. */
  call<Name extends OperationName>(
    operation: Name,
    ...operands: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>>
  /** Told of every change, before the answer to the write that made it. */
  subscribe(listener: (changed: ChangedRecord) => void): () => void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export function createRemoteCaller(channel: Channel): RemoteCaller {
  const questions = createOutbox<Question>(channel, (all) => ({ questions: all }))
  const waiting = new Map<number, Waiting>()
  const listeners = new Set<(changed: ChangedRecord) => void>()
  let lastNumber = 0
  let isClosed = false

  channel.onMessage((message) => {
    if (!isSharedStateMessage(message)) return
    const { changes = [], answers = [] } = message.sharedState
    for (const changed of changes) for (const listener of listeners) listener(changed)
    for (const answer of answers) settle(answer)
  })
  channel.onClose(() => {
    isClosed = true
    for (const { reject } of waiting.values()) reject(gone())
    waiting.clear()
  })

  return {
    call(operation, ...operands) {
      return new Promise((resolve, reject) => {
        if (isClosed) {
          reject(gone())
          return
        }
        lastNumber += 1
        // The operation's name says what its answer is.
        waiting.set(lastNumber, { resolve: resolve as (value: unknown) => void, reject })
        questions.add({ number: lastNumber, operation, arguments: operands })
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }

  function settle(answer: Answer): void {
    const asker = waiting.get(answer.number)
    waiting.delete(answer.number)
    if ('value' in answer) asker?.resolve(answer.value)
    else asker?.reject(toError(answer.error.code, answer.error.message))
  }
}

function toError(code: string | null, message: string): Error {
  return code !== null && isErrorCode(code) ? new ProxyError(code, message) : new Error(message)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code)
}

function gone(): ProxyError {
  return new ProxyError('credential_store_unavailable', 'The process that holds the accounts is gone.')
}
