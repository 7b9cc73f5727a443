import type { NodeCall } from './node-call.js'

/**
 * The calls in flight, in no order. A `Set` that gains and loses an entry with every call leaves a trail of old tables,
 * which cost a tenth of a call's time in garbage collection.
 */
export class CallList {
  readonly #calls: NodeCall[] = []

  get calls(): readonly NodeCall[] {
    return this.#calls
  }

  add(call: NodeCall): void {
    call.place = this.#calls.push(call) - 1
  }

  /** True when it was there. */
  delete(call: NodeCall): boolean {
    const { place } = call
    if (this.#calls[place] !== call) return false
    const last = this.#calls.pop()
    if (last !== undefined && last !== call) {
      this.#calls[place] = last
      last.place = place
    }
    return true
  }
}
