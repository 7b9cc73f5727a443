import type { Writable } from 'node:stream'
import type { ResponseHead } from '@proxy/core'

/** Where one answer goes. */
export interface Outlet {
  readonly isOpen: boolean
  /** Resolves when the answer has ended, rejects when it was cut. */
  readonly ended: Promise<void>
  open(head: ResponseHead): Writable
  /** Drops what was taken so far, so that another answer can be given. False when it has left already. */
  reset(): boolean
  /** Makes the caller see a failure. */
  cut(reason: Error): void
}
