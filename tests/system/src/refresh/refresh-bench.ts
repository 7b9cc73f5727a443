import { type ManualClock, manualClock, sampleAccount } from '@proxy/conformance'
import {
  type Account,
  type App,
  compileApp,
  createRefresher,
  type LeaseStore,
  type RefreshEvent,
  type Refresher,
  type Storage,
} from '@proxy/core'
import { memoryLeaseStore, memoryStorage } from '@proxy/storage-memory'
import { type TestVendor, type TestVendorOptions, testVendor } from './test-vendor.js'

export interface RefreshBenchOptions extends Partial<Omit<TestVendorOptions, 'clock'>> {
  /** Milliseconds from now to the end of the stored token. Default -1: it has ended. */
  readonly endsInMs?: number
  readonly aliveWaitMs?: number
  /** What this instance sees of the store and the leases; all the same by default. */
  readonly storageOf?: (instance: number, storage: Storage) => Storage
  readonly leasesOf?: (instance: number, leases: LeaseStore) => LeaseStore
  readonly instances?: number
}

export interface RefreshBench {
  readonly clock: ManualClock
  readonly storage: Storage
  readonly leases: LeaseStore
  readonly vendor: TestVendor
  readonly app: App
  readonly account: Account
  readonly events: RefreshEvent[]
  readonly refreshers: readonly [Refresher, ...Refresher[]]
  readonly refresher: Refresher
  /** The account as it is stored. Throws when it is gone. */
  stored(): Promise<Account>
  /** Changes the stored account, as a management route does. */
  change(change: Partial<Account>): Promise<Account>
}

const oauthApp: App = compileApp({
  name_slug: 'acme',
  name: 'Acme',
  auth_type: 'oauth',
  connect: { base_proxy_target_url: 'https://api.acme.com' },
  auth: [{ kind: 'bearer' }],
  oauth: { token_url: 'https://login.acme.com/token', client_id: 'id' },
})

/** One account, its vendor, and one or more instances that renew its tokens. Time stands still until it is moved. */
export async function refreshBench(options: RefreshBenchOptions = {}): Promise<RefreshBench> {
  const clock = manualClock()
  const storage = memoryStorage({ clock })
  const leases = memoryLeaseStore({ clock })
  const vendor = testVendor({ clock, ...options })
  const events: RefreshEvent[] = []
  const made = sampleAccount({
    expiresAt: clock.now() + (options.endsInMs ?? -1),
    values: { credentials: vendor.grant() },
  })
  const account = must(await storage.writeAccount(made, 0))
  const refresher = (instance: number): Refresher =>
    createRefresher({
      storage: options.storageOf?.(instance, storage) ?? storage,
      leases: options.leasesOf?.(instance, leases) ?? leases,
      exchange: vendor,
      clock,
      onRefresh: (event) => events.push(event),
      random: () => 1,
      ...(options.aliveWaitMs !== undefined && { aliveWaitMs: options.aliveWaitMs }),
    })
  const first = refresher(0)
  const others = Array.from({ length: (options.instances ?? 1) - 1 }, (_, index) => refresher(index + 1))
  const stored = async () => must(await storage.readAccount(account, account.id))
  return {
    clock,
    storage,
    leases,
    vendor,
    app: oauthApp,
    account,
    events,
    refreshers: [first, ...others],
    refresher: first,
    stored,
    async change(change) {
      const current = await stored()
      return must(await storage.writeAccount({ ...current, ...change }, current.version))
    },
  }
}

export function accessToken(account: Account): string | undefined {
  return account.values.reveal().credentials.oauth_access_token
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.')
  return value
}

/** Lets everything go on that does not wait for the clock. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Moves the clock on, a step at a time, until the promise settles; the milliseconds that it took. */
export async function timeUntil(clock: ManualClock, promise: Promise<unknown>, mostMs = 300_000): Promise<number> {
  const startedAt = clock.now()
  let isSettled = false
  const settled = () => {
    isSettled = true
  }
  promise.then(settled, settled)
  await turns()
  while (!isSettled) {
    if (clock.now() - startedAt > mostMs) throw new Error(`It does not settle within ${mostMs} ms.`)
    clock.advance(100)
    await turns(4)
  }
  return clock.now() - startedAt
}
