import { Cancellation, type LeaseStore, limitKey, Secret, type Storage } from '@proxy/core'
import { deferred } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { accessToken, refreshBench, timeUntil, turns } from './refresh-bench.js'

describe('a grant that the vendor refuses', () => {
  it('ends the account: 424, one event, and the vendor is left alone', async () => {
    const { refresher, vendor, account, app, stored, events, clock } = await refreshBench()
    vendor.revoke()
    const calls = Array.from({ length: 1_000 }, () => refresher.refresh(account, app))
    const outcomes = await Promise.allSettled(calls)
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    for (let call = 0; call < 10; call += 1) {
      clock.advance(60_000)
      await expect(refresher.refresh(account, app)).rejects.toMatchObject({
        code: 'account_reauth_required',
        status: 424,
        details: { account_id: account.id },
      })
    }
    expect(vendor.asked).toBe(1)
    expect(await stored()).toMatchObject({
      dead: true,
      error: 'The grant has ended: the vendor answered 400 invalid_grant. Connect the account again.',
    })
    expect(events).toEqual([
      expect.objectContaining({
        account: account.id,
        outcome: 'dead',
        reason: 'the vendor answered 400 invalid_grant',
      }),
    ])
  })

  it('is no end when a newer grant was stored meanwhile', async () => {
    const { refresher, vendor, account, app, change, stored } = await refreshBench()
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const call = refresher.refresh(account, app)
    await turns()
    const credentials = vendor.grant()
    await change({ values: new Secret({ customFields: {}, credentials }), expiresAt: undefined })
    answer.resolve()
    expect(accessToken(await call)).toBe(credentials.oauth_access_token)
    expect(await stored()).toMatchObject({ dead: false, error: undefined })
  })

  it('ends the account although its name was changed meanwhile', async () => {
    const { refresher, vendor, account, app, change, stored } = await refreshBench()
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const call = refresher.refresh(account, app)
    await turns()
    await change({ name: 'Renamed' })
    vendor.revoke()
    answer.resolve()
    await expect(call).rejects.toMatchObject({ code: 'account_reauth_required' })
    expect(await stored()).toMatchObject({ dead: true, name: 'Renamed' })
  })

  it('lives again once the end user has connected again', async () => {
    const { refresher, vendor, account, app, change } = await refreshBench()
    vendor.revoke()
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'account_reauth_required' })
    const values = new Secret({ customFields: {}, credentials: vendor.grant() })
    const again = await change({ values, dead: false, error: undefined })
    expect(accessToken(await refresher.refresh(again, app))).toBe('access-3')
  })
})

describe('an answer that is lost after the vendor spent the refresh token', () => {
  it('is a 503 first, then 424: it costs this rotation, and no more is asked', async () => {
    const { refresher, vendor, account, app, clock, stored } = await refreshBench()
    vendor.next('lost', 'ok')
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    clock.advance(1_000)
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'account_reauth_required' })
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'account_reauth_required' })
    expect([vendor.asked, (await stored()).dead]).toEqual([2, true])
  })

  it('costs nothing where the refresh token may be used again', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench({ rotates: false })
    vendor.next('lost', 'ok')
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    clock.advance(1_000)
    expect(accessToken(await refresher.refresh(account, app))).toBe('access-3')
  })
})

describe('an instance that ends between the exchange and the write', () => {
  it('costs this rotation: the others wait for its lease to end, then it is 424', async () => {
    const { refresher, vendor, account, app, clock, leases, stored } = await refreshBench()
    const lease = await leases.acquire(limitKey(['refresh', account.project, account.environment, account.id]), 30_000)
    expect(lease).toBeDefined()
    await vendor.exchange(account, app, new Cancellation())
    const waited = refresher.refresh(account, app)
    expect(await timeUntil(clock, waited)).toBe(25_000)
    await expect(waited).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    expect((await stored()).dead).toBe(false)
    const next = refresher.refresh(account, app)
    expect(await timeUntil(clock, next)).toBeLessThanOrEqual(6_000)
    await expect(next).rejects.toMatchObject({ code: 'account_reauth_required' })
    expect([vendor.asked, (await stored()).dead]).toEqual([2, true])
  })
})

describe('a store that fails', () => {
  const failing = (isDown: () => boolean, storage: Storage): Storage => ({
    ...storage,
    async readAccount(scope, id) {
      if (isDown()) throw new Error('the store is down')
      return await storage.readAccount(scope, id)
    },
    async writeAccount(account, version) {
      if (isDown()) throw new Error('the store is down')
      return await storage.writeAccount(account, version)
    },
  })

  it('for a few seconds behind an exchange loses no tokens, and nobody asks for others', async () => {
    let downUntil = 0
    const bench = await refreshBench({
      instances: 2,
      storageOf: (_, storage) => failing(() => bench.clock.now() < downUntil, storage),
    })
    const { refreshers, vendor, account, app, clock, stored } = bench
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const calls = refreshers.map((refresher) => refresher.refresh(account, app).catch(() => account))
    await turns()
    downUntil = clock.now() + 8_000
    answer.resolve()
    await timeUntil(clock, Promise.all(calls))
    expect([vendor.asked, accessToken(await stored())]).toEqual([1, 'access-2'])
    expect(accessToken((await calls[0]) ?? account)).toBe('access-2')
  })

  it('for longer than anybody waits loses no tokens either: they are stored when it works again', async () => {
    let isDown = false
    const bench = await refreshBench({ storageOf: (_, storage) => failing(() => isDown, storage) })
    const { refresher, vendor, account, app, clock, stored } = bench
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const call = refresher.refresh(account, app)
    await turns()
    isDown = true
    answer.resolve()
    await timeUntil(clock, call)
    await expect(call).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    await timeUntil(clock, refresher.idle())
    isDown = false
    clock.advance(30_000)
    expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
    expect([vendor.asked, accessToken(await stored())]).toEqual([1, 'access-2'])
  })

  it('for one instance only does not have another one spend the old refresh token at once', async () => {
    let isDown = false
    const bench = await refreshBench({
      instances: 2,
      storageOf: (instance, storage) => failing(() => isDown && instance === 0, storage),
    })
    const { refreshers, vendor, account, app, clock, stored } = bench
    const answer = deferred()
    vendor.next({ wait: answer.promise }, 'ok')
    const call = refreshers[0].refresh(account, app).catch(() => account)
    await turns()
    isDown = true
    answer.resolve()
    await timeUntil(clock, Promise.all([call, refreshers[0].idle()]))
    const other = refreshers[1]?.refresh(account, app) ?? call
    await turns()
    isDown = false
    clock.advance(5_000)
    await turns()
    expect([vendor.asked, (await stored()).dead]).toEqual([1, false])
    other.catch(() => undefined)
  })

  it('for a moment is borne by those who wait for another instance', async () => {
    let isDown = false
    const bench = await refreshBench({
      instances: 2,
      storageOf: (instance, storage) => failing(() => isDown && instance === 1, storage),
    })
    const { refreshers, vendor, account, app, clock } = bench
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const call = refreshers[0].refresh(account, app)
    await turns()
    const other = refreshers[1]?.refresh(account, app) ?? call
    await turns()
    isDown = true
    for (let step = 0; step < 10; step += 1) {
      clock.advance(100)
      await turns()
    }
    isDown = false
    answer.resolve()
    await timeUntil(clock, other)
    expect([accessToken(await other), vendor.asked]).toEqual(['access-2', 1])
  })

  it('before the exchange keeps the refresh token for later', async () => {
    let isDown = true
    const bench = await refreshBench({ storageOf: (_, storage) => failing(() => isDown, storage) })
    const { refresher, vendor, account, app, clock } = bench
    await expect(refresher.refresh(account, app)).rejects.toMatchObject({ code: 'credential_refresh_failed' })
    expect(vendor.asked).toBe(0)
    isDown = false
    clock.advance(1_000)
    expect(accessToken(await refresher.refresh(account, app))).toBe('access-2')
  })
})

describe('leases that cannot be had', () => {
  const broken: LeaseStore = {
    acquire: async () => {
      throw new Error('no leases')
    },
  }

  it('stop the exchange, not the calls whose token lives', async () => {
    const alive = await refreshBench({ endsInMs: 30_000, leasesOf: () => broken })
    expect(await alive.refresher.refresh(alive.account, alive.app)).toBe(alive.account)
    const expired = await refreshBench({ leasesOf: () => broken })
    await expect(expired.refresher.refresh(expired.account, expired.app)).rejects.toMatchObject({
      code: 'credential_refresh_failed',
    })
    expect([alive.vendor.asked, expired.vendor.asked]).toEqual([0, 0])
  })
})
