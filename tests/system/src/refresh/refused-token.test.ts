import { deferred } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { accessToken, refreshBench, turns } from './refresh-bench.js'

const hour = { endsInMs: 3_600_000 }

describe('a token that the vendor refuses although it lives', () => {
  it('is exchanged once for 1,000 calls on two instances that were refused', async () => {
    const { refreshers, vendor, account, app, clock } = await refreshBench({ ...hour, instances: 2 })
    const calls = refreshers.flatMap((refresher) =>
      Array.from({ length: 500 }, () => refresher.renewRefused(account, app)),
    )
    await turns()
    clock.advance(100)
    expect(new Set((await Promise.all(calls)).map(accessToken))).toEqual(new Set(['access-2']))
    for (const refresher of refreshers) expect(accessToken(await refresher.renewRefused(account, app))).toBe('access-2')
    expect(vendor.asked).toBe(1)
  })

  it('is not exchanged again when the new one is refused at once', async () => {
    const { refresher, vendor, account, app, clock } = await refreshBench(hour)
    const renewed = await refresher.renewRefused(account, app)
    expect(await refresher.renewRefused(renewed, app)).toBe(renewed)
    clock.advance(9_999)
    expect(await refresher.renewRefused(renewed, app)).toBe(renewed)
    expect(vendor.asked).toBe(1)
    clock.advance(1)
    expect(accessToken(await refresher.renewRefused(renewed, app))).toBe('access-3')
  })

  it('takes the one that is just being made', async () => {
    const { refresher, vendor, account, app } = await refreshBench({ endsInMs: 30_000 })
    const answer = deferred()
    vendor.next({ wait: answer.promise })
    const due = refresher.refresh(account, app)
    await turns()
    const refused = refresher.renewRefused(account, app)
    answer.resolve()
    expect([accessToken(await due), accessToken(await refused), vendor.asked]).toEqual(['access-2', 'access-2', 1])
  })

  it('stays when the vendor cannot make another one, and the vendor is not asked by every call', async () => {
    const { refresher, vendor, account, app } = await refreshBench(hour)
    vendor.next('down')
    for (let call = 0; call < 20; call += 1) expect(await refresher.renewRefused(account, app)).toBe(account)
    expect(vendor.asked).toBe(1)
  })

  it('ends the account when the grant is void', async () => {
    const { refresher, vendor, account, app, stored } = await refreshBench(hour)
    vendor.revoke()
    await expect(refresher.renewRefused(account, app)).rejects.toMatchObject({ code: 'account_reauth_required' })
    expect((await stored()).dead).toBe(true)
  })
})
