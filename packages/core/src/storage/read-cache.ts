export interface ReadCacheOptions {
  /** How long what was read is used without asking again. */
  readonly ttlMs: number
  /** The same for what was absent. */
  readonly negativeTtlMs: number
  /** How long beyond its time what was read is used while the store fails. */
  readonly staleIfErrorMs: number
  readonly maxEntries: number
  readonly now: () => number
}

/** What was read, by key. What is asked for at the same time is read once. */
export interface ReadCache<T> {
  /** Answers at once when it knows. Rejects as `load` does, unless it may use what it knew before. */
  read(key: string, load: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> | T | undefined
  /** What is known of the key, and what is just being read, is not used any more. */
  forget(key: string): void
  forgetAll(): void
  /** Nothing that was read before counts as fresh any more. */
  doubtAll(): void
}

interface Entry<T> {
  readonly value: T | undefined
  freshUntil: number
  /** How many doubts there had been when it was read, or tried to. */
  doubts: number
  readonly usableUntil: number
}

/** How long a store that failed is left alone while there is a value to use. */
const pauseAfterFailureMs = 1_000

export function createReadCache<T>(options: ReadCacheOptions): ReadCache<T> {
  const { ttlMs, negativeTtlMs, staleIfErrorMs, now } = options
  /** Two generations: a full young one becomes the old one, and what is used in the old one moves over. */
  const generationSize = Math.max(1, Math.ceil(options.maxEntries / 2))
  let young = new Map<string, Entry<T>>()
  let old = new Map<string, Entry<T>>()
  let doubts = 0
  const flights = new Map<string, Promise<T | undefined>>()

  return {
    read(key, load) {
      const entry = find(key)
      if (entry !== undefined && entry.doubts === doubts && now() < entry.freshUntil) return entry.value
      return flights.get(key) ?? startFlight(key, load)
    },
    forget(key) {
      young.delete(key)
      old.delete(key)
      flights.delete(key)
    },
    forgetAll() {
      young.clear()
      old.clear()
      flights.clear()
    },
    doubtAll() {
      doubts += 1
    },
  }

  function find(key: string): Entry<T> | undefined {
    const entry = young.get(key)
    if (entry !== undefined) return entry
    const earlier = old.get(key)
    if (earlier !== undefined) keep(key, earlier)
    return earlier
  }

  function keep(key: string, entry: Entry<T>): void {
    if (young.size >= generationSize) {
      old = young
      young = new Map()
    }
    young.set(key, entry)
  }

  function startFlight(key: string, load: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    const flight: Promise<T | undefined> = settle(key, load, () => flights.get(key) === flight)
    flights.set(key, flight)
    return flight
  }

  async function settle(
    key: string,
    load: () => Promise<T | undefined> | T | undefined,
    isCurrent: () => boolean,
  ): Promise<T | undefined> {
    const doubtsBefore = doubts
    // What a change has made outdated while it was read goes to those who asked before the change, and no further.
    try {
      await undefined
      const value = await load()
      if (isCurrent()) {
        flights.delete(key)
        const freshUntil = now() + (value === undefined ? negativeTtlMs : ttlMs)
        keep(key, {
          value,
          freshUntil,
          doubts: doubtsBefore,
          usableUntil: value === undefined ? 0 : freshUntil + staleIfErrorMs,
        })
      }
      return value
    } catch (error) {
      if (!isCurrent()) throw error
      flights.delete(key)
      const entry = find(key)
      if (entry === undefined || now() >= entry.usableUntil) throw error
      entry.doubts = doubts
      entry.freshUntil = Math.min(now() + pauseAfterFailureMs, entry.usableUntil)
      return entry.value
    }
  }
}
