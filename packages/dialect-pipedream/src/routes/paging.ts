import type { Page } from '@proxy/core'
import { z } from 'zod'
import { invalidField } from './route.js'
import { queryInteger } from './schemas.js'

const rowsMost = 100

/** `limit`, `after` and `before` of every list. A larger limit gives the largest page. */
export const pageQuery = z.object({
  limit: queryInteger(1, Number.MAX_SAFE_INTEGER)
    .transform((limit) => Math.min(limit, rowsMost))
    .optional(),
  after: z.string().optional(),
  before: z.string().optional(),
})

export interface PageWish {
  readonly limit: number
  /** Ids of rows, read from the cursors. */
  readonly after?: string
  readonly before?: string
}

/** Throws `invalid_request` naming the cursor that is none of ours, or when both are given. */
export function readPageWish(query: z.output<typeof pageQuery>): PageWish {
  const { limit = rowsMost, after, before } = query
  if (after !== undefined && before !== undefined) throw invalidField('before', 'cannot stand beside after')
  return {
    limit,
    ...(after === undefined ? undefined : { after: readCursor(after, 'after') }),
    ...(before === undefined ? undefined : { before: readCursor(before, 'before') }),
  }
}

/** A page in the contract's form. The next page exists while `end_cursor` is not null. */
export function pageAnswer<T>(page: Page<T>, wish: PageWish, idOf: (row: T) => string, json: (row: T) => unknown) {
  const first = page.rows[0]
  const last = page.rows.at(-1)
  // Behind a page that was asked for backwards, there is always the row it was asked from.
  const moreFollow = wish.before === undefined ? page.hasMore : true
  return {
    page_info: {
      total_count: page.totalCount,
      count: page.rows.length,
      start_cursor: first === undefined ? null : cursorOf(idOf(first)),
      end_cursor: last === undefined || !moreFollow ? null : cursorOf(idOf(last)),
    },
    data: page.rows.map(json),
  }
}

/** Cuts a page out of rows that are all in memory, in the order they have. */
export function pageOfRows<T>(rows: readonly T[], wish: PageWish, idOf: (row: T) => string): Page<T> {
  const { limit, after, before } = wish
  if (before !== undefined) {
    const end = placeOf(rows, before, idOf, 'before')
    const start = Math.max(0, end - limit)
    return { rows: rows.slice(start, end), totalCount: rows.length, hasMore: start > 0 }
  }
  const start = after === undefined ? 0 : placeOf(rows, after, idOf, 'after') + 1
  return { rows: rows.slice(start, start + limit), totalCount: rows.length, hasMore: start + limit < rows.length }
}

function placeOf<T>(rows: readonly T[], id: string, idOf: (row: T) => string, name: string): number {
  const place = rows.findIndex((row) => idOf(row) === id)
  if (place === -1) throw invalidField(name, 'is not a cursor of this list')
  return place
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url')
}

function readCursor(cursor: string, name: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  if (id === '' || cursorOf(id) !== cursor) throw invalidField(name, 'is not a cursor of this list')
  return id
}
