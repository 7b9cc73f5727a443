import { Secret } from '@proxy/core'
import { deferred } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { accessToken, refreshBench, timeUntil, turns } from './refresh-bench.js'

describe('a token within the margin before its end', () => {
  it('is renewed by one call, and used by all others without waiting', async () => {
    const { refresher, vendor, account, app, clock, stored } = await refreshBench({ endsInMs: 30_000 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    expect(refresher.isDue(account, app)).toBe(true)
    const first = refresher.refresh(account, app)
    const others = await Promise.all(Array.from({ length: 999 }, () => refresher.refresh(account, app)))
    expect(new Set(others.map(accessToken))).toEqual(new Set(['access-1']))
    answer.resolve()
    expect(accessToken(await first)).toBe('access-2')
    expect([vendor.asked, accessToken(await stored()), clock.waiting]).toEqual([1, 'access-2', 0])
  })

  it('serves the call that renews it after a second, when the vendor is slow; the renewal goes on', async () => {
    const { refresher, vendor, account, app, clock, stored } = await refreshBench({ endsInMs: 30_000 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const first = refresher.refresh(account, app)
    expect(await timeUntil(clock, first)).toBe(1_000)
    expect(accessToken(await first)).toBe('access-1')
    const idle = refresher.idle()
    answer.resolve()
    await idle
    expect([vendor.asked, accessToken(await stored()), clock.waiting]).toEqual([1, 'access-2', 0])
  })

  it('serves the call that renews it for as long as it was told, where nothing runs between calls', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench({ endsInMs: 50_000, aliveWaitMs: 25_000 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const first = refresher.refresh(account, app)
    await turns()
    clock.advance(20_000)
    answer.resolve()
    expect(accessToken(await first)).toBe('access-2')
  })

  it('lets its caller wait on for the new one, when it ends meanwhile', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench({ endsInMs: 300 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const calls = [refresher.refresh(account, app)]
    await turns()
    clock.advance(500)
    calls.push(refresher.refresh(account, app))
    await turns()
    clock.advance(3_000)
    answer.resolve()
    expect((await Promise.all(calls)).map(accessToken)).toEqual(['access-2', 'access-2'])
    expect(vendor.asked).toBe(1)
  })

  it('is left to the instance that renews it', async () => {
    const { refreshers, vendor, account, app, clock } = await refreshBench({ endsInMs: 30_000, instances: 2 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const first = refreshers[0].refresh(account, app)
    await turns()
    const other = refreshers[1]?.refresh(account, app) ?? first
    expect(accessToken(await other)).toBe('access-1')
    answer.resolve()
    await first
    expect(accessToken((await refreshers[1]?.refresh(account, app)) ?? account)).toBe('access-2')
    expect([vendor.asked, clock.waiting]).toEqual([1, 0])
  })

  it('that ends while another instance renews it, is waited for', async () => {
    const { refreshers, vendor, account, app, clock } = await refreshBench({ endsInMs: 1_000, instances: 2 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const first = refreshers[0].refresh(account, app)
    await turns()
    clock.advance(1_000)
    const other = refreshers[1]?.refresh(account, app) ?? first
    await turns()
    answer.resolve()
    await timeUntil(clock, other)
    expect([accessToken(await other), vendor.asked]).toEqual(['access-2', 1])
  })

  it('is used to its end when it cannot be renewed; then the account has to be connected again', async () => {
    const { refresher, vendor, change, app, clock, account, stored } = await refreshBench({ endsInMs: 30_000 })
    const bare = await change({ values: new Secret({ customFields: {}, credentials: { oauth_access_token: 'only' } }) })
    expect(refresher.isDue(bare, app)).toBe(false)
    clock.advance(30_000)
    expect(refresher.isDue(bare, app)).toBe(true)
    await expect(refresher.refresh(bare, app)).rejects.toMatchObject({
      code: 'account_reauth_required',
      details: { account_id: account.id },
    })
    expect(await stored()).toMatchObject({
      dead: true,
      error: 'The grant has ended: there is no refresh token. Connect the account again.',
    })
    expect(vendor.asked).toBe(0)
  })
})

describe('while the vendor fails, a token that still lives', () => {
  it('serves every call; the vendor is asked less and less often', async () => {
    const { refresher, vendor, account, app, clock, stored, events } = await refreshBench({ endsInMs: 60_000 })
    vendor.next('down')
    const askedAt: number[] = []
    for (let second = 0; second < 59; second += 1) {
      const before = vendor.asked
      for (let call = 0; call < 100; call += 1) expect(await refresher.refresh(account, app)).toBe(account)
      if (vendor.asked > before) askedAt.push(second)
      expect(vendor.asked - before).toBeLessThanOrEqual(1)
      clock.advance(1_000)
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 31])
    // One note of the failure is enough.
    expect(await stored()).toMatchObject({ version: account.version + 1 })
    expect(await stored()).toMatchObject({ dead: false, error: 'The last refresh failed: the vendor answered 503.' })
    expect(new Set(events.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
      new Set(['failed: the vendor answered 503']),
    )
    vendor.next('ok')
    clock.advance(10_000)
    expect(await stored().then((current) => refresher.refresh(current, app))).toMatchObject({ error: undefined })
    expect((await stored()).error).toBeUndefined()
  })

  it('does not bring forward what the vendor asked to wait for', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench({ endsInMs: 59_000 })
    vendor.next({ retryAfterMs: 40_000 }, 'ok')
    for (let second = 0; second < 40; second += 1) {
      expect(accessToken(await refresher.refresh(account, app))).toBe('access-1')
      clock.advance(1_000)
    }
    expect(vendor.asked).toBe(1)
    expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
  })
})

describe('while the vendor fails, an expired token', () => {
  it('is a 503 that says when to come back, without asking for each call', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench()
    vendor.next('down', { retryAfterMs: 30_000 }, 'ok')
    const refused = async () => await refresher.refresh(account, app).then(accessToken, (error: object) => error)
    expect(await refused()).toMatchObject({ code: 'credential_refresh_failed', retryAfterSeconds: 1 })
    for (let call = 0; call < 100; call += 1) await refused()
    expect(vendor.asked).toBe(1)
    clock.advance(1_000)
    expect(await refused()).toMatchObject({ code: 'credential_refresh_failed', retryAfterSeconds: 30 })
    clock.advance(10_000)
    expect(await refused()).toMatchObject({ retryAfterSeconds: 20 })
    clock.advance(20_000)
    expect(await refused()).toBe('access-2')
    expect(vendor.asked).toBe(3)
  })

  it('is renewed at once when the account got another grant meanwhile', async () => {
    const { refresher, vendor, account, app, change } = await refreshBench()
    vendor.next({ retryAfterMs: 3_000_000 }, 'ok')
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    const again = await change({ values: new Secret({ customFields: {}, credentials: vendor.grant() }) })
    expect(accessToken(await refresher.refresh(again, app))).toBe('access-3')
  })
})
