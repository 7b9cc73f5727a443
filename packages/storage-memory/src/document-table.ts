import type { StoredDocument } from '@proxy/core'

/** Documents by kind and id. What has expired reads as absent and is dropped little by little while others are put. */
export interface DocumentTable {
  /** Expired ones that wait to be dropped included. */
  readonly size: number
  get(kind: string, id: string): StoredDocument | undefined
  put(document: StoredDocument): void
  delete(kind: string, id: string): void
  list(kind: string, prefix: string): readonly StoredDocument[]
  all(): Generator<StoredDocument, void, undefined>
}

export function documentTable(now: () => number): DocumentTable {
  const kinds = new Map<string, Map<string, StoredDocument>>()
  const sweeps = new Map<string, MapIterator<StoredDocument>>()

  return {
    get size() {
      let size = 0
      for (const documents of kinds.values()) size += documents.size
      return size
    },
    get(kind, id) {
      const document = kinds.get(kind)?.get(id)
      return document === undefined || isExpired(document, now()) ? undefined : document
    },
    put(document) {
      let documents = kinds.get(document.kind)
      if (documents === undefined) {
        documents = new Map()
        kinds.set(document.kind, documents)
      }
      documents.set(document.id, document)
      sweep(document.kind, documents)
    },
    delete(kind, id) {
      const documents = kinds.get(kind)
      documents?.delete(id)
      if (documents?.size === 0) {
        kinds.delete(kind)
        sweeps.delete(kind)
      }
    },
    list(kind, prefix) {
      const time = now()
      const found: StoredDocument[] = []
      for (const document of kinds.get(kind)?.values() ?? []) {
        if (document.id.startsWith(prefix) && !isExpired(document, time)) found.push(document)
      }
      return found.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    *all() {
      const time = now()
      for (const documents of kinds.values()) {
        for (const document of documents.values()) if (!isExpired(document, time)) yield document
      }
    },
  }

  /** Two steps a put, so that a full round is always faster than growth. */
  function sweep(kind: string, documents: Map<string, StoredDocument>): void {
    const time = now()
    for (let step = 0; step < 2; step += 1) {
      const next = (sweeps.get(kind) ?? restart(kind, documents)).next()
      if (next.done === true) sweeps.delete(kind)
      else if (isExpired(next.value, time)) documents.delete(next.value.id)
    }
  }

  function restart(kind: string, documents: Map<string, StoredDocument>): MapIterator<StoredDocument> {
    const iterator = documents.values()
    sweeps.set(kind, iterator)
    return iterator
  }
}

function isExpired(document: StoredDocument, now: number): boolean {
  return document.expiresAt !== undefined && document.expiresAt <= now
}
