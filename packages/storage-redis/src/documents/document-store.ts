import { randomUUID } from 'node:crypto'
import { type Clock, type DocumentStore, freezeDeep, ownJson, RecordError, type StoredDocument } from '@proxy/core'
import { changeText } from '../changes/announce.js'
import { type DocumentKeys, type Keys, requireWellFormed } from '../keys.js'
import { isForeign, type StoreAccess } from '../store-access.js'
import { deleteDocumentScript, writeDocumentScript } from './document-scripts.js'

export interface DocumentStoreParts {
  readonly keys: Keys
  readonly access: StoreAccess
  readonly clock: Pick<Clock, 'now'>
  /** Called before the first read of a log's records. */
  readonly follow: (tag: string, log: string) => Promise<void> | undefined
  /** Names a log that is begun. */
  readonly epoch: string
  /** Hears of each record that is refused. */
  readonly onRefusal: (error: RecordError) => void
}

const format = 1
const fields = ['version', 'record', 'end'] as const
/** What has ended stays in Redis this long, so that instances whose clocks differ see the same. */
const stayMs = 60_000

export function documentStore(parts: DocumentStoreParts): DocumentStore {
  const { keys, access, clock, follow, epoch, onRefusal } = parts

  async function own<T>(kind: string, id: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      const refused = isForeign(error) ? foreignRecord(kind, id) : error
      if (refused instanceof RecordError) onRefusal(refused)
      throw refused
    }
  }

  function parse(kind: string, id: string, answer: unknown): StoredDocument | undefined {
    const document = parseDocument(kind, id, answer)
    return document?.expiresAt !== undefined && document.expiresAt <= clock.now() ? undefined : document
  }

  return {
    async readDocument(kind, id) {
      const names = keys.documents(kind)
      const key = names.document(id)
      const sought = { name: key, key, follow: () => follow(names.tag, names.log) }
      return await own(kind, id, async () => parse(kind, id, await access.readSoon(sought, 'hmget', ...fields)))
    },
    async writeDocument({ kind, id, value, expiresAt }, expectedVersion) {
      requireWellFormed(id, 'id of the document')
      const names = keys.documents(kind)
      const now = clock.now()
      const owned = ownJson(value)
      const version = await own(kind, id, () =>
        access.write(writeDocumentScript, allKeys(names, id), [
          expectedVersion ?? '',
          JSON.stringify({ format, kind, id, value: owned }),
          id,
          expiresAt ?? '',
          expiresAt === undefined ? '' : Math.max(0, Math.ceil(expiresAt - now)) + stayMs,
          now,
          randomUUID(),
          epoch,
          keys.channel,
          changeText(names.tag, { type: 'document', kind, id }),
        ]),
      )
      if (typeof version !== 'number' || version === 0) return undefined
      return Object.freeze({ kind, id, value: owned, version, expiresAt })
    },
    async deleteDocument(kind, id) {
      const names = keys.documents(kind)
      const answer = await own(kind, id, () =>
        access.write(deleteDocumentScript, allKeys(names, id), [
          id,
          clock.now(),
          epoch,
          keys.channel,
          changeText(names.tag, { type: 'document', kind, id }),
        ]),
      )
      return answer === 1
    },
    async listDocuments(kind, prefix) {
      const names = keys.documents(kind)
      const members = await access.read(names.ids, 'zrange', ...rangeOf(prefix), 'BYLEX')
      const ids = Array.isArray(members) ? members.map(String) : []
      const found = await Promise.all(
        ids.map((id) =>
          own(kind, id, async () => parse(kind, id, await access.read(names.document(id), 'hmget', ...fields))),
        ),
      )
      return found.filter((document) => document !== undefined)
    },
  }
}

/** No text holds the byte 0xff, so that it ends the range of those that begin with `prefix`. */
function rangeOf(prefix: string): readonly (string | Buffer)[] {
  return prefix === '' ? ['-', '+'] : [`[${prefix}`, Buffer.concat([Buffer.from(`(${prefix}`), Buffer.from([0xff])])]
}

function allKeys(names: DocumentKeys, id: string): readonly string[] {
  return [names.document(id), names.log, names.ids, names.ends]
}

function parseDocument(kind: string, id: string, answer: unknown): StoredDocument | undefined {
  const [version, text, end] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
  if (version === null && text === null) return undefined
  if (typeof version !== 'string' || !/^[1-9]\d{0,14}$/.test(version) || typeof text !== 'string') {
    throw foreignRecord(kind, id)
  }
  const record = parseRecord(text)
  if (record?.format !== format || record.kind !== kind || record.id !== id) throw foreignRecord(kind, id)
  return Object.freeze({
    kind,
    id,
    value: freezeDeep(record.value),
    version: Number(version),
    expiresAt: typeof end === 'string' && end !== '' ? Number(end) : undefined,
  })
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return typeof record === 'object' && record !== null ? { ...record } : undefined
  } catch {
    return undefined
  }
}

function foreignRecord(kind: string, id: string): RecordError {
  return new RecordError(
    `The stored document ${JSON.stringify(id)} of kind ${JSON.stringify(kind)} cannot be used: it is not a record of this storage.`,
  )
}
