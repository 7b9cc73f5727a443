import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startAwsEmulator } from '@proxy/aws-emulator'
import { manualClock, testStorage } from '@proxy/conformance'
import { type Clock, cached, type Storage } from '@proxy/core'
import {
  type SecretCacheOptions,
  secretsManagerClient,
  secretsManagerStorage,
} from '@proxy/storage-aws-secrets-manager'
import { memoryStorage } from '@proxy/storage-memory'
import { clientSettings } from './set-up.js'

const corpus = new URL('../../../corpora/strings/blns.json', import.meta.url)
const strings = JSON.parse(readFileSync(corpus, 'utf8')) as readonly string[]
const named = process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER
/** An emulator of somebody else's keeps what earlier runs made. */
const namePattern = ['api-proxy', randomUUID(), '{project}/{environment}/{account}'].join('/')

testContract('secretsManagerStorage that remembers nothing', { ttlMs: 0, staleIfErrorMs: 0 }, (storage) => storage)
testContract('cached(secretsManagerStorage)', {}, (storage, clock) => cached(storage, { clock }))

function testContract(
  name: string,
  cache: SecretCacheOptions,
  wrap: (storage: Storage, clock: Clock) => Storage,
): void {
  testStorage(
    name,
    async () => {
      const clock = manualClock()
      const emulator = named === undefined ? await startAwsEmulator() : undefined
      const client = secretsManagerClient(emulator === undefined ? {} : clientSettings(emulator))
      const metadata = memoryStorage({ clock })
      return {
        storage: wrap(secretsManagerStorage({ client, metadata, namePattern, cache }), clock),
        now: clock.now,
        passTime: clock.advance,
        async dispose() {
          client.destroy()
          await emulator?.stop()
        },
      }
    },
    { strings: named === undefined ? strings : [] },
  )
}
