import { readFileSync } from 'node:fs'
import { manualClock, testLease, testRateLimiter, testStorage } from '@proxy/conformance'
import { cached } from '@proxy/core'
import { memoryRateLimiter } from '@proxy/storage-memory'
import { redisLeaseStore, redisRateLimiter, redisStorage } from '@proxy/storage-redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { realTimers } from './real-timers.js'
import { serverTimePasses } from './server-time.js'
import { connected, patience, type SetUp, sealer, setUps } from './set-ups.js'

const corpus = new URL('../../../corpora/strings/blns.json', import.meta.url)
const strings = JSON.parse(readFileSync(corpus, 'utf8')) as readonly string[]

describe.each(setUps)('on %s', (name, start) => {
  let setUp: SetUp
  beforeAll(async () => {
    setUp = await start()
  })
  afterAll(() => setUp.stop())
  const replicas = name === 'one server' ? 0 : 1

  testStorage(
    'redisStorage',
    async () => {
      const client = await connected(setUp.settings)
      const clock = realTimers(manualClock(Date.now()))
      return {
        storage: redisStorage({ client, sealer, replicas, clock, ...patience }),
        now: clock.now,
        passTime: clock.advance,
        dispose: () => client.disconnect(),
      }
    },
    { strings: name === 'one server' ? strings : [] },
  )

  testStorage('cached(redisStorage)', async () => {
    const client = await connected(setUp.settings)
    const clock = realTimers(manualClock(Date.now()))
    const storage = redisStorage({ client, sealer, prefix: 'cached:', clock, ...patience })
    return {
      storage: cached(storage, { clock, subscribe: storage.subscribe, ttlMs: 60_000 }),
      now: clock.now,
      passTime: clock.advance,
      dispose: () => client.disconnect(),
    }
  })

  testRateLimiter('redisRateLimiter', async () => {
    const client = await connected(setUp.settings)
    const clock = realTimers(manualClock())
    const limiter = redisRateLimiter({ client, fallback: memoryRateLimiter(), clock, countBy: clock, ...patience })
    await limiter.check()
    return {
      limiter,
      now: clock.now,
      passTime: clock.advance,
      toleranceMs: 0,
      dispose() {
        limiter.close()
        client.disconnect()
      },
    }
  })

  testLease('redisLeaseStore', async () => {
    const clients = [await connected(setUp.settings), await connected(setUp.settings)] as const
    const [leases, otherLeases] = clients.map((client) => redisLeaseStore({ client, replicas, ...patience }))
    if (leases === undefined || otherLeases === undefined) throw new Error('No lease stores')
    return {
      leases,
      otherLeases,
      passTime: (ms) => serverTimePasses(clients[0], ms),
      dispose() {
        leases.close()
        otherLeases.close()
        for (const client of clients) client.disconnect()
      },
    }
  })
})
