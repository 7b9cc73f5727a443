import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Account } from './account.js'
import { accountToRecord, RecordError, recordKeyId, recordToAccount } from './account-record.js'
import { createKeyRing } from './key-ring.js'
import { createSealer } from './sealing.js'
import { Secret } from './secret.js'

const sealer = createSealer(createKeyRing([randomBytes(32).toString('base64')]))

const account: Account = {
  id: 'apn_1',
  version: 3,
  project: 'proj',
  environment: 'development',
  externalUserId: 'user:ü 1',
  app: 'acme',
  externalId: 'external',
  name: undefined,
  values: new Secret({
    customFields: { api_key: 'planted-secret' },
    credentials: { oauth_access_token: 'planted-token' },
  }),
  oauthAppId: 'oa_1',
  authorizedScopes: ['read', 'write'],
  metadata: { deep: [{ constructor: 'x' }], count: 2 },
  createdAt: 1_000,
  updatedAt: 2_000,
  expiresAt: 3_000,
  lastRefreshedAt: undefined,
  dead: false,
  error: undefined,
}

function changed(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...JSON.parse(accountToRecord(account, sealer)), ...changes })
}

describe('a sealed record', () => {
  it('gives back the account, frozen', () => {
    const found = recordToAccount(accountToRecord(account, sealer), account, 'apn_1', sealer)
    expect({ ...found, values: undefined }).toEqual({ ...account, values: undefined })
    expect(found.values.reveal()).toEqual(account.values.reveal())
    expect(Object.isFrozen(found) && Object.isFrozen(found.metadata) && Object.isFrozen(found.values.reveal())).toBe(
      true,
    )
  })

  it('holds no credential, while a plain one does', () => {
    const record = accountToRecord(account, sealer)
    for (const secret of ['planted-secret', 'planted-token', 'api_key']) {
      expect(record).not.toContain(secret)
      expect(accountToRecord(account, undefined)).toContain(secret)
    }
  })

  it('tells which key sealed it', () => {
    expect(recordKeyId(accountToRecord(account, sealer), sealer)).toBe(sealer.currentKeyId)
    expect(recordKeyId(accountToRecord(account, undefined), sealer)).toBeUndefined()
  })

  it('brings no inherited name into the values', () => {
    const odd = { ...account, values: new Secret({ customFields: JSON.parse('{"__proto__":"x"}'), credentials: {} }) }
    const { customFields, credentials } = recordToAccount(
      accountToRecord(odd, sealer),
      odd,
      'apn_1',
      sealer,
    ).values.reveal()
    expect(Object.entries(customFields)).toEqual([['__proto__', 'x']])
    for (const inherited of ['__proto__', 'constructor', 'toString']) expect(inherited in credentials).toBe(false)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

describe('a record that is refused', () => {
  it.each([
    ['of another id', changed({ id: 'apn_2' }), 'another account'],
    ['of another project', changed({ project: 'other' }), 'another account'],
    ['of another environment', changed({ environment: 'production' }), 'another account'],
    ['of a format to come', changed({ format: 2 }), 'format is not known'],
    ['in plain', accountToRecord(account, undefined), 'not sealed'],
    ['without a version', changed({ version: undefined }), '"version" is not a number'],
    ['with version 0', changed({ version: 0 }), '"version" is not 1 or more'],
    ['without a user', changed({ externalUserId: 7 }), '"externalUserId" is not a string'],
    ['with a wrong list', changed({ authorizedScopes: ['a', 1] }), '"authorizedScopes" is not a list of strings'],
    ['with wrong metadata', changed({ metadata: [] }), '"metadata" is not an object'],
    ['with a wrong flag', changed({ dead: 'no' }), '"dead" is not a boolean'],
    ['with a wrong time', changed({ expiresAt: 'soon' }), '"expiresAt" is not a number'],
    ['with a null name', changed({ name: null }), '"name" is not a string'],
    ['with a changed seal', changed({ sealed: sealer.seal('{}', ['other']) }), 'belongs to another record'],
    [
      'with nothing in the seal',
      changed({ sealed: sealer.seal('{}', ['account', 'proj', 'development', 'apn_1']) }),
      '"customFields" is not an object',
    ],
    ['cut short', accountToRecord(account, sealer).slice(0, -9), 'its record is not JSON'],
    ['of somebody else', '"hello"', '"record" is not an object'],
    ['empty', '', 'its record is not JSON'],
  ])('%s is named and not shown', (_, record, message) => {
    const read = (): unknown => recordToAccount(record, account, 'apn_1', sealer)
    expect(read).toThrow(RecordError)
    expect(read).toThrow('The stored account "apn_1" of project "proj", development, cannot be used')
    expect(read).toThrow(message)
    expect(read).not.toThrow('planted')
  })

  it('is a sealed one when no key is given', () => {
    expect(() => recordToAccount(accountToRecord(account, sealer), account, 'apn_1', undefined)).toThrow(
      'no key is given',
    )
    const plain = recordToAccount(accountToRecord(account, undefined), account, 'apn_1', undefined)
    expect(plain.values.reveal()).toEqual(account.values.reveal())
  })

  it('is one whose credential was moved from another account', () => {
    const other = { ...account, id: 'apn_2' }
    const { sealed } = JSON.parse(accountToRecord(other, sealer))
    expect(() => recordToAccount(changed({ sealed }), account, 'apn_1', sealer)).toThrow('belongs to another record')
    expect(recordToAccount(accountToRecord(other, sealer), account, 'apn_2', sealer).id).toBe('apn_2')
  })
})
