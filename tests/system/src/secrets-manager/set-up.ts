import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { type AwsEmulator, startAwsEmulator } from '@proxy/aws-emulator'
import { manualClock } from '@proxy/conformance'
import { type Clock, type Storage, systemClock } from '@proxy/core'
import {
  type SecretsManagerStorageOptions,
  secretsManagerClient,
  secretsManagerStorage,
} from '@proxy/storage-aws-secrets-manager'
import { memoryStorage } from '@proxy/storage-memory'
import { onTestFinished } from 'vitest'

/** Settings of a client for the emulator. */
export function clientSettings({ endpoint, region, credentials }: AwsEmulator): SecretsManagerClientConfig {
  return { endpoint, region, credentials }
}

/** Time that is moved by hand for what is remembered, and that passes for timers: the emulator answers in real time. */
export function steppedClock(): Clock & { advance(ms: number): void } {
  const moved = manualClock(Date.now())
  const real = systemClock()
  const start = real.now()
  return {
    now: () => moved.now() + real.now() - start,
    after: (delayMs, callback) => real.after(delayMs, callback),
    advance: (ms) => moved.advance(ms),
  }
}

export interface SetUp {
  readonly emulator: AwsEmulator
  readonly metadata: Storage
  readonly storage: Storage
  readonly clock: ReturnType<typeof steppedClock>
  /** Another instance over the same metadata and secrets. */
  open(options?: Partial<SecretsManagerStorageOptions>): Storage
  /** Operations that arrived since the last time it was asked. */
  newCalls(): readonly string[]
}

/** An emulator and a storage over it, for one test. */
export async function setUp(options: Partial<SecretsManagerStorageOptions> = {}): Promise<SetUp> {
  const clock = steppedClock()
  const emulator = await startAwsEmulator()
  const client = secretsManagerClient(clientSettings(emulator))
  const metadata = memoryStorage({ clock })
  onTestFinished(async () => {
    client.destroy()
    await emulator.stop()
  })
  const open = (more: Partial<SecretsManagerStorageOptions> = {}): Storage =>
    secretsManagerStorage({ client, metadata, clock, ...options, ...more })
  let seen = 0
  return {
    emulator,
    metadata,
    storage: open(),
    clock,
    open,
    newCalls() {
      const fresh = emulator.calls.slice(seen).map(({ operation }) => operation)
      seen = emulator.calls.length
      return fresh
    },
  }
}
