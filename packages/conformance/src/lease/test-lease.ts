import type { Lease, LeaseStore } from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awkwardStrings } from '../awkward-strings.js'

export interface LeaseStoreUnderTest {
  readonly leases: LeaseStore
  /** Leases as another process sees them; `leases` again when there is no other process. */
  readonly otherLeases: LeaseStore
  /** Moves a hand-moved clock, or waits. */
  passTime(ms: number): Promise<void> | void
  dispose?(): Promise<void> | void
}

const durationMs = 400

/** The contract of `LeaseStore`, as vitest suites. */
export function testLease(name: string, makeLeases: () => Promise<LeaseStoreUnderTest> | LeaseStoreUnderTest): void {
  describe(`${name} is a lease store:`, () => {
    let made: LeaseStoreUnderTest | undefined
    let lastKey = 0
    const get = (): LeaseStoreUnderTest => {
      if (made === undefined) throw new Error('The lease store was not made')
      return made
    }
    const newKey = (): string => {
      lastKey += 1
      return `lease ${lastKey}`
    }
    const take = async (key: string, store = get().leases): Promise<Lease> => {
      const lease = await store.acquire(key, durationMs)
      if (lease === undefined) throw new Error(`The lease ${key} is held`)
      return lease
    }

    /** Judges what holds as long as a lease lives that was asked for at `since`: a busy machine may sleep through it. */
    const expectWhileHeld = (since: number, actual: unknown, wanted: unknown): void => {
      if (performance.now() - since < durationMs) expect(actual).toBe(wanted)
    }

    beforeAll(async () => {
      made = await makeLeases()
    })
    afterAll(async () => {
      await made?.dispose?.()
    })

    it('grants a key to one holder, here and elsewhere', async () => {
      const key = newKey()
      const since = performance.now()
      expect(await take(key)).toMatchObject({ key })
      expectWhileHeld(since, await get().leases.acquire(key, durationMs), undefined)
      expectWhileHeld(since, await get().otherLeases.acquire(key, durationMs), undefined)
      expect(await take(newKey())).toBeDefined()
    })

    it('grants a key to one of twenty that ask at a time', async () => {
      const key = newKey()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, nth) =>
          (nth % 2 === 0 ? get().leases : get().otherLeases).acquire(key, durationMs),
        ),
      )
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
    })

    it('grants a key again once it is released', async () => {
      const key = newKey()
      const lease = await take(key)
      await lease.release()
      await lease.release()
      expect(await lease.renew()).toBe(false)
      expect(await take(key, get().otherLeases)).toBeDefined()
    })

    it('grants a key again once its time has passed without renewal', async () => {
      const key = newKey()
      await take(key)
      await get().passTime(durationMs + 1)
      expect(await take(key, get().otherLeases)).toBeDefined()
    })

    it('holds a key as long as it is renewed', async () => {
      const key = newKey()
      let since = performance.now()
      const lease = await take(key)
      for (let round = 0; round < 4; round += 1) {
        await get().passTime(durationMs / 2)
        const renewedAt = performance.now()
        expectWhileHeld(since, await lease.renew(), true)
        since = renewedAt
        expectWhileHeld(since, await get().otherLeases.acquire(key, durationMs), undefined)
      }
    })

    it('gives a fencing token that grows with every grant of the key', async () => {
      const key = newKey()
      let last = Number.NEGATIVE_INFINITY
      for (let round = 0; round < 5; round += 1) {
        const lease = await take(key, round % 2 === 0 ? get().leases : get().otherLeases)
        expect(lease.fencingToken).toBeGreaterThan(last)
        last = lease.fencingToken
        if (round === 3) await get().passTime(durationMs + 1)
        else await lease.release()
      }
    })

    it('tells a holder whose time has passed that the lease is lost', async () => {
      const lease = await take(newKey())
      await get().passTime(durationMs + 1)
      expect(await lease.renew()).toBe(false)
    })

    it('lets a holder that lost the lease take nothing from the next one', async () => {
      const key = newKey()
      const lost = await take(key)
      await get().passTime(durationMs + 1)
      const since = performance.now()
      const next = await take(key, get().otherLeases)
      expect(await lost.renew()).toBe(false)
      await lost.release()
      expectWhileHeld(since, await get().leases.acquire(key, durationMs), undefined)
      expectWhileHeld(since, await next.renew(), true)
    })

    it('keeps keys apart', async () => {
      for (const text of awkwardStrings) expect(await take(`apart ${text}`)).toBeDefined()
    })
  })
}
