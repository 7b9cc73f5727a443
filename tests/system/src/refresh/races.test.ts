import { type LeaseStore, Secret } from '@proxy/core'
import { deferred } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { accessToken, type RefreshBench, refreshBench, timeUntil, turns } from './refresh-bench.js'

const races = 1_000

/** Runs `meanwhile` at a different moment of the refresh in each race: before, during or after its every step. */
async function race(bench: RefreshBench, nth: number, meanwhile: () => Promise<unknown>): Promise<unknown> {
  const { refresher, vendor, account, app } = bench
  const answer = deferred()
  vendor.next({ wait: answer.promise }, 'ok')
  const ticks = async (count: number) => {
    for (let tick = 0; tick < count; tick += 1) await undefined
  }
  const refreshed = refresher.refresh(account, app).catch((error: unknown) => error)
  const answering = ticks(nth % 23).then(() => answer.resolve())
  await ticks(nth % 41)
  await meanwhile()
  await answering
  return await refreshed
}

describe('an account that changes while its token is renewed', () => {
  it(`stays deleted, in ${races} races`, async () => {
    const outcomes = new Map<string, number>()
    for (let nth = 0; nth < races; nth += 1) {
      const bench = await refreshBench()
      const { storage, account, app, refresher } = bench
      const outcome = await race(bench, nth, () => storage.deleteAccount(account, account.id))
      const name = outcome instanceof Error && 'code' in outcome ? String(outcome.code) : 'renewed before'
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
      expect(await storage.readAccount(account, account.id)).toBeUndefined()
      await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'record_not_found' })
      expect((await storage.listAccounts({ scope: account, limit: 10 })).totalCount).toBe(0)
    }
    expect([...outcomes.keys()].sort()).toEqual(['record_not_found', 'renewed before'])
  })

  it(`keeps the grant that its end user made, in ${races} races`, async () => {
    let overtaken = 0
    for (let nth = 0; nth < races; nth += 1) {
      const bench = await refreshBench()
      const { account, change, stored, clock } = bench
      const values = new Secret({ customFields: { api_key: 'x' }, credentials: { oauth_access_token: 'reconnected' } })
      const outcome = await race(bench, nth, () =>
        tryAgain(() => change({ values, expiresAt: clock.now() + 600_000, lastRefreshedAt: undefined })),
      )
      if (outcome instanceof Error) throw outcome
      const now = await stored()
      expect([accessToken(now), now.dead, now.lastRefreshedAt]).toEqual(['reconnected', false, undefined])
      const isOvertaken = accessToken(outcome as typeof account) === 'reconnected'
      if (isOvertaken) overtaken += 1
      expect(bench.events).toHaveLength(isOvertaken ? 0 : 1)
    }
    expect(overtaken).toBeGreaterThan(100)
  })

  it(`gets its tokens and keeps what was changed, in ${races} races`, async () => {
    for (let nth = 0; nth < races; nth += 1) {
      const bench = await refreshBench()
      await race(bench, nth, () => tryAgain(() => bench.change({ name: 'Renamed', metadata: { nth } })))
      const now = await bench.stored()
      expect([accessToken(now), now.name, now.metadata.nth]).toEqual(['access-2', 'Renamed', nth])
      expect(bench.vendor.asked).toBe(1)
    }
  })
})

describe('an instance that lost its lease', () => {
  /** A holder that is cut off: it cannot renew, and others get the lease at once. */
  const cutOff = (leases: LeaseStore): LeaseStore => ({
    async acquire(key, durationMs) {
      const lease = await leases.acquire(key, durationMs)
      await lease?.release()
      return lease && { ...lease, renew: async () => false }
    },
  })

  it('does not write over what the next holder got', async () => {
    const { refreshers, vendor, account, app, clock, stored, change } = await refreshBench({
      instances: 2,
      rotates: false,
      leasesOf: (instance, leases) => (instance === 0 ? cutOff(leases) : leases),
    })
    const answer = deferred()
    vendor.next({ wait: answer.promise }, 'ok')
    const late = refreshers[0].refresh(account, app)
    await turns()
    clock.advance(10_000)
    const next = await refreshers[1]?.refresh(account, app)
    expect(accessToken(next ?? account)).toBe('access-2')
    answer.resolve()
    expect(accessToken(await late)).toBe('access-2')
    expect(accessToken(await stored())).toBe('access-2')
    expect(vendor.asked).toBe(2)
    await change({ name: 'still writable' })
  })

  it('does not write when anything was written meanwhile', async () => {
    const { refresher, vendor, account, app, clock, stored, change } = await refreshBench({
      leasesOf: (_, leases) => cutOff(leases),
    })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const late = refresher.refresh(account, app).catch(() => undefined)
    await turns()
    clock.advance(10_000)
    await turns()
    await change({ name: 'Renamed' })
    answer.resolve()
    await timeUntil(clock, late)
    expect([accessToken(await stored()), (await stored()).name]).toEqual(['access-1', 'Renamed'])
  })

  it('writes when nobody else has', async () => {
    const { refresher, vendor, account, app, clock, stored } = await refreshBench({
      leasesOf: (_, leases) => cutOff(leases),
    })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const late = refresher.refresh(account, app)
    await turns()
    clock.advance(10_000)
    answer.resolve()
    expect(accessToken(await late)).toBe('access-2')
    expect(accessToken(await stored())).toBe('access-2')
  })

  it('stopped for 15 s in the middle of the exchange has not lost it: no other instance asks', async () => {
    const { refreshers, vendor, account, app, clock, stored } = await refreshBench({
      instances: 2,
      // Its heartbeats do not run while it is stopped; those before it was stopped did.
      leasesOf: (instance, leases) => (instance === 0 ? silentFrom(leases, () => isStopped) : leases),
    })
    let isStopped = false
    const answer = deferred()
    vendor.next({ wait: answer.promise }, 'ok')
    const stopped = refreshers[0].refresh(account, app)
    await turns()
    clock.advance(9_900)
    await turns()
    isStopped = true
    const other = refreshers[1]?.refresh(account, app) ?? stopped
    for (let step = 0; step < 150; step += 1) {
      clock.advance(100)
      await turns(4)
    }
    isStopped = false
    answer.resolve()
    await timeUntil(clock, Promise.all([stopped, other]))
    expect([await stopped, await other, await stored()].map(accessToken)).toEqual(['access-2', 'access-2', 'access-2'])
    expect(vendor.asked).toBe(1)
  })
})

function silentFrom(leases: LeaseStore, isSilent: () => boolean): LeaseStore {
  return {
    async acquire(key, durationMs) {
      const lease = await leases.acquire(key, durationMs)
      return (
        lease && {
          ...lease,
          renew: async () => (isSilent() ? await new Promise<never>(() => undefined) : lease.renew()),
        }
      )
    },
  }
}

/** As management routes do: a write that was overtaken reads again. */
async function tryAgain(write: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const done = await write().then(
      () => true,
      () => false,
    )
    if (done) return
  }
  throw new Error('It cannot be written.')
}
