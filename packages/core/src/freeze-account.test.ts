import { describe, expect, it } from 'vitest'
import type { Account } from './account.js'
import { accountToRecord, recordToAccount } from './account-record.js'
import { freezeAccount, freezeStrings } from './freeze-account.js'
import { Secret } from './secret.js'

const account: Account = {
  id: 'apn_1',
  version: 3,
  project: 'proj_1',
  environment: 'development',
  externalUserId: 'user-1',
  app: 'acme',
  externalId: 'one',
  name: undefined,
  values: new Secret({ customFields: { api_key: 'k' }, credentials: {} }),
  oauthAppId: undefined,
  authorizedScopes: [],
  metadata: {},
  createdAt: 1,
  updatedAt: 2,
  expiresAt: undefined,
  lastRefreshedAt: undefined,
  dead: false,
  error: undefined,
}

describe('a frozen account', () => {
  it('is the same account with another version, also through a record', () => {
    const frozen = freezeAccount(account, 4)
    expect(frozen).toEqual({ ...account, version: 4 })
    expect(recordToAccount(accountToRecord(frozen, undefined), account, 'apn_1', undefined)).toEqual(frozen)
  })

  it('shares nothing that its maker can change', () => {
    const scopes = ['read']
    const metadata = { nested: { a: 1 } }
    const customFields = { api_key: 'k' }
    const values = new Secret({ customFields, credentials: {} })
    const frozen = freezeAccount({ ...account, authorizedScopes: scopes, metadata, values }, 1)
    scopes.push('write')
    metadata.nested.a = 2
    customFields.api_key = 'other'
    expect(frozen).toMatchObject({ authorizedScopes: ['read'], metadata: { nested: { a: 1 } } })
    expect(frozen.values.reveal().customFields).toEqual({ api_key: 'k' })
    const empty = freezeAccount(account, 1)
    for (const part of [frozen, frozen.authorizedScopes, frozen.metadata, frozen.values.reveal().customFields]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    for (const part of [empty.authorizedScopes, empty.metadata, empty.values.reveal().credentials]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it.each(['\ud800', '\ud801', '\ufffd'])('of a project of any text is of that project alone: %j', (project) => {
    const frozen = freezeAccount({ ...account, project }, 1)
    expect(frozen.project).toBe(project)
    expect(recordToAccount(accountToRecord(frozen, undefined), frozen, 'apn_1', undefined).project).toBe(project)
  })
})

describe('frozen strings', () => {
  it('hold what was stored and nothing else, whatever its name', () => {
    const stored = JSON.parse('{"api_key":"k","__proto__":"p"}')
    const strings = freezeStrings(stored)
    expect(Object.entries(strings)).toEqual([
      ['api_key', 'k'],
      ['__proto__', 'p'],
    ])
    expect(JSON.stringify(strings)).toBe('{"api_key":"k","__proto__":"p"}')
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(strings[name]).toBeUndefined()
      expect(freezeStrings({})[name]).toBeUndefined()
    }
  })
})
