import { type Account, createKeyRing, createSealer, Secret } from '@proxy/core'
import { memoryStorage } from '../src/memory-storage.js'

// A process of its own: opens the file that it is given and writes accounts until it is ended. After each
// acknowledgement it prints a line: `open`, `ok apn_7`, `failed apn_8`.
const [file = '', key = '', first = '0', padding = '0'] = process.argv.slice(2)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function account(nth: number): Account {
  return {
    id: `apn_${nth}`,
    version: 0,
    project: 'proj',
    environment: 'development',
    externalUserId: `user-${nth % 7}`,
    app: 'acme',
    externalId: `external-${nth}`,
    name: undefined,
    values: new Secret({ customFields: { padding: 'x'.repeat(Number(padding)) }, credentials: {} }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: { nth },
    createdAt: 1,
    updatedAt: 1,
    expiresAt: undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}

async function write(): Promise<void> {
  const storage = memoryStorage({ file, sealer: createSealer(createKeyRing([key])) })
  say('open')
  let failures = 0
  for (let nth = Number(first); failures < 10; nth += 1) {
    try {
      await storage.writeAccount(account(nth), 0)
      say(`ok apn_${nth}`)
    } catch {
      failures += 1
      say(`failed apn_${nth}`)
    }
  }
  await storage.check().then(
    () => say('can write'),
    () => say('cannot write'),
  )
  await storage.close()
}

write().catch((error: unknown) => {
  say(`error ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
