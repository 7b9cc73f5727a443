import { cached, Secret, type Storage } from '@proxy/core'
import { deferred } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { accessToken, refreshBench, timeUntil, turns } from './refresh-bench.js'

describe('an expired token', () => {
  it('is exchanged once for 1,000 callers', async () => {
    const { refresher, vendor, account, app, stored, clock } = await refreshBench()
    const calls = Array.from({ length: 1_000 }, () => refresher.refresh(account, app))
    const renewed = await Promise.all(calls)
    expect(new Set(renewed.map(accessToken))).toEqual(new Set(['access-2']))
    expect(vendor.asked).toBe(1)
    expect((await stored()).values.reveal().credentials).toEqual({
      oauth_access_token: 'access-2',
      oauth_refresh_token: 'refresh-2',
    })
    expect(clock.waiting).toBe(0)
  })

  it('is exchanged once for 1,000 callers that come one after the other, all with the old account in hand', async () => {
    const { refresher, vendor, account, app } = await refreshBench()
    for (let call = 0; call < 1_000; call += 1) {
      expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
    }
    expect(vendor.asked).toBe(1)
  })

  it.each([
    ['as the store has it', false],
    ['from caches that hear of no change', true],
  ])('is exchanged once for 4 instances with 1,000 callers each, which read %s', async (_, isCached) => {
    const caches: Storage[] = []
    const { refreshers, vendor, account, app, clock } = await refreshBench({
      instances: 4,
      storageOf: (instance, storage) => {
        if (!isCached) return storage
        const cache = cached(storage, { clock: { now: () => 0 } })
        caches[instance] = cache
        return cache
      },
    })
    for (const cache of caches) expect(await cache.readAccount(account, account.id)).toBe(account)
    const calls = refreshers.flatMap((refresher) =>
      Array.from({ length: 1_000 }, () => refresher.refresh(account, app)),
    )
    await timeUntil(clock, Promise.all(calls))
    expect(new Set((await Promise.all(calls)).map(accessToken))).toEqual(new Set(['access-2']))
    for (const refresher of refreshers) expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
    for (const cache of caches) expect(await cache.readAccount(account, account.id)).not.toBe(account)
    expect(vendor.asked).toBe(1)
  })

  it('is exchanged again when the new one has ended', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench()
    const second = await refresher.refresh(account, app)
    expect(refresher.isDue(second, app)).toBe(false)
    clock.advance(3_600_000 - 60_000)
    expect(refresher.isDue(second, app)).toBe(true)
    clock.advance(60_000)
    expect(accessToken(await refresher.refresh(second, app))).toBe('access-3')
    expect(vendor.asked).toBe(2)
  })

  it('keeps its refresh token when the answer names none', async () => {
    const { refresher, account, app, stored, clock } = await refreshBench({ rotates: false })
    for (let round = 2; round < 5; round += 1) {
      expect(accessToken(await refresher.refresh(await stored(), app))).toBe(`access-${round}`)
      clock.advance(3_600_000)
    }
    expect((await stored()).values.reveal().credentials.oauth_refresh_token).toBe('refresh-1')
    expect((await stored()).externalUserId).toBe(account.externalUserId)
  })

  it('keeps the lease while the vendor is slow, so that no other instance asks', async () => {
    const { refreshers, vendor, account, app, clock } = await refreshBench({ instances: 2 })
    const answer = deferred()
    vendor.next({ wait: answer.promise }, 'ok')
    const slow = refreshers[0].refresh(account, app)
    await turns()
    const late = refreshers[1]?.refresh(account, app)
    expect(await timeUntil(clock, Promise.allSettled([slow, late]))).toBe(25_000)
    await expect(slow).rejects.toMatchObject({ code: 'credential_refresh_failed', retryAfterSeconds: 1 })
    await expect(late).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    clock.advance(40_000)
    await turns()
    const later = refreshers[1]?.refresh(account, app) ?? slow
    await turns()
    expect(vendor.asked).toBe(1)
    answer.resolve()
    await timeUntil(clock, later)
    expect([accessToken(await later), vendor.asked]).toEqual(['access-2', 1])
  })

  it('is given up when the vendor never answers, and tried again', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench()
    vendor.next({ wait: new Promise(() => undefined) }, 'ok')
    const call = refresher.refresh(account, app)
    await timeUntil(clock, call)
    await expect(call).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    await timeUntil(clock, refresher.idle())
    clock.advance(1_000)
    expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
  })
})

describe('a token whose end', () => {
  it('nobody knows is never due', async () => {
    const { refresher, account, app, clock } = await refreshBench({ lifetimeMs: undefined })
    const renewed = await refresher.refresh(account, app)
    clock.advance(10 * 365 * 86_400_000)
    expect(renewed.expiresAt).toBeUndefined()
    expect(refresher.isDue(renewed, app)).toBe(false)
  })

  it('comes within the margin is renewed in the last quarter of its life, not by every call', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench({ lifetimeMs: 20_000 })
    const renewed = await refresher.refresh(account, app)
    expect(refresher.isDue(renewed, app)).toBe(false)
    clock.advance(14_999)
    expect(refresher.isDue(renewed, app)).toBe(false)
    clock.advance(1)
    expect(refresher.isDue(renewed, app)).toBe(true)
    expect(vendor.asked).toBe(1)
  })

  it('has passed when it arrives tells of a wrong clock: it is used', async () => {
    const { refresher, account, app } = await refreshBench({ lifetimeMs: -5_000 })
    const renewed = await refresher.refresh(account, app)
    expect([accessToken(renewed), renewed.expiresAt]).toEqual(['access-2', undefined])
    expect(refresher.isDue(renewed, app)).toBe(false)
  })
})

describe('an exchange that gives no token', () => {
  it('is not repeated again and again', async () => {
    const { refresher, vendor, account, app } = await refreshBench()
    let asked = 0
    vendor.exchange = async () => {
      asked += 1
      return { credentials: { oauth_access_token: '' }, expiresAt: undefined, scopes: undefined }
    }
    const calls = await Promise.all(Array.from({ length: 100 }, () => refresher.refresh(account, app)))
    expect(new Set(calls.map(accessToken))).toEqual(new Set(['']))
    expect(asked).toBeLessThanOrEqual(3)
  })
})

describe('an account that was imported with a refresh token alone', () => {
  it('gets its first token at once', async () => {
    const { refresher, change, account, app } = await refreshBench()
    const { oauth_refresh_token = '' } = account.values.reveal().credentials
    const bare = await change({
      expiresAt: undefined,
      values: new Secret({ customFields: {}, credentials: { oauth_refresh_token } }),
    })
    expect(refresher.isDue(bare, app)).toBe(true)
    expect(accessToken(await refresher.refresh(bare, app))).toBe('access-2')
  })
})
