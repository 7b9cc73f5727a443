import type { Scope, Storage } from '@proxy/core'

export interface StorageUnderTest {
  readonly storage: Storage
  /** Time as the store sees it, epoch milliseconds. */
  now(): number
  /** Moves a hand-moved clock, or waits. */
  passTime(ms: number): Promise<void> | void
  /** Frees what was made for the tests; the storage is closed before. */
  dispose?(): Promise<void> | void
}

export type MakeStorage = () => Promise<StorageUnderTest> | StorageUnderTest

export interface StorageTestOptions {
  /** More free texts to use as ids, names and values. */
  readonly strings?: readonly string[]
}

let lastNumber = 0

/** A text that nothing else in this run uses: each test works in a project of its own. */
export function unique(prefix: string): string {
  lastNumber += 1
  return `${prefix}${lastNumber}`
}

export function newScope(): Scope {
  return { project: unique('proj_'), environment: 'development' }
}
