const slotsInWindow = 20
/** Numbers a slot: the time of its first call, the time of its last call, its calls. */
const stride = 3

/**
 * Counts the calls of one bucket over a sliding window. A slot opens with a call and takes the calls of the next
 * twentieth of a window. It counts in full while its calls are inside the window; while they leave one by one it is
 * weighted by time, but never by more than a tenth of the limit less than it may hold.
 */
export interface WindowCounter {
  /** As long as its capacity; plain, because a million typed arrays take three times the memory. */
  slots: number[]
  /** Position of the oldest slot in `slots`. */
  head: number
  slotCount: number
  /** Calls in all slots. */
  total: number
  /** Time of the last call, or of the start. */
  last: number
  windowMs: number
}

export function createCounter(now: number, windowMs: number): WindowCounter {
  return { slots: [now, now, 0], head: 0, slotCount: 0, total: 0, last: now, windowMs }
}

/** True when it counts nothing any more, like one just made. */
export function isIdle(counter: WindowCounter, now: number): boolean {
  return counter.last + counter.windowMs <= now
}

/** Calls that still count at `now`, after dropping what has left the window. */
export function used(counter: WindowCounter, now: number, limit: number, windowMs: number): number {
  if (counter.last - now > windowMs) clear(counter, now)
  const { slots } = counter
  while (counter.slotCount > 0) {
    const at = counter.head * stride
    const first = slots[at] ?? 0
    const last = slots[at + 1] ?? 0
    const count = slots[at + 2] ?? 0
    if (last + windowMs > now) {
      return first + windowMs > now
        ? counter.total
        : counter.total - count + staying(first, last, count, now - windowMs, limit)
    }
    counter.total -= count
    counter.slotCount -= 1
    counter.head = (counter.head + 1) % (slots.length / stride)
  }
  return 0
}

/** Counts one call. A clock that was set back stands still until it has caught up, for a window at most. */
export function count(counter: WindowCounter, time: number, windowMs: number): void {
  const now = Math.max(time, counter.last)
  counter.windowMs = windowMs
  counter.last = now
  counter.total += 1
  const capacity = counter.slots.length / stride
  if (counter.slotCount > 0) {
    const newest = ((counter.head + counter.slotCount - 1) % capacity) * stride
    if (now < (counter.slots[newest] ?? 0) + windowMs / slotsInWindow) {
      counter.slots[newest + 1] = now
      counter.slots[newest + 2] = (counter.slots[newest + 2] ?? 0) + 1
      return
    }
  }
  if (counter.slotCount === capacity) grow(counter)
  const at = ((counter.head + counter.slotCount) % (counter.slots.length / stride)) * stride
  counter.slots[at] = now
  counter.slots[at + 1] = now
  counter.slots[at + 2] = 1
  counter.slotCount += 1
}

/** Milliseconds from `now` until `used` is at most `wanted`, if no call comes in between. */
export function waitUntil(
  counter: WindowCounter,
  now: number,
  limit: number,
  windowMs: number,
  wanted: number,
): number {
  const capacity = counter.slots.length / stride
  let rest = counter.total
  for (let index = 0; index < counter.slotCount; index += 1) {
    const at = ((counter.head + index) % capacity) * stride
    const first = counter.slots[at] ?? 0
    const last = counter.slots[at + 1] ?? 0
    const calls = counter.slots[at + 2] ?? 0
    rest -= calls
    if (rest <= wanted)
      return Math.max(0, Math.ceil(leaving(first, last, calls, wanted - rest, limit) + windowMs - now))
  }
  return 0
}

/** How many of a slot's calls may be later than `start`, which lies in `[first, last)`. */
function staying(first: number, last: number, calls: number, start: number, limit: number): number {
  const weighted = Math.ceil(((calls - 1) * (last - start)) / (last - first))
  return Math.max(weighted, calls - 1 - tolerance(limit))
}

/** The first `start` at which at most `wanted` of a slot's calls stay: the inverse of `staying`. */
function leaving(first: number, last: number, calls: number, wanted: number, limit: number): number {
  if (wanted >= calls) return Number.NEGATIVE_INFINITY
  if (wanted === calls - 1) return first
  if (wanted < calls - 1 - tolerance(limit)) return last
  return last - Math.floor((wanted * (last - first)) / (calls - 1))
}

/** Calls by which weighting may err: no window ever holds more than 1.1 times the limit. */
function tolerance(limit: number): number {
  return Math.floor(limit / 10)
}

function clear(counter: WindowCounter, now: number): void {
  counter.slotCount = 0
  counter.total = 0
  counter.last = now
}

function grow(counter: WindowCounter): void {
  const { slots, head } = counter
  counter.slots = [...slots.slice(head * stride), ...slots.slice(0, head * stride), ...slots.map(() => 0)]
  counter.head = 0
}
