import { describe, expect, it } from 'vitest'
import type { Account, CredentialValues } from '../account.js'
import type { CustomField } from '../app-definition.js'
import { compileApp } from '../app-registry.js'
import { Secret } from '../secret.js'
import { publicFields } from './public-fields.js'

function app(custom_fields: readonly CustomField[]) {
  return compileApp({ name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [], connect: {}, custom_fields })
}

function account(customFields: Readonly<Record<string, string>>): Account {
  return { values: new Secret<CredentialValues>({ customFields, credentials: { token: 'secret' } }) } as Account
}

describe('public fields', () => {
  it('are those that the app declares and does not keep secret', () => {
    const acme = app([{ name: 'shop' }, { name: 'key', type: 'password', default: 'x' }, { name: 'absent' }])
    const fields = publicFields(account({ shop: 'demo', key: 'k1', undeclared: 'u' }), acme)
    expect({ ...fields }).toEqual({ shop: 'demo' })
  })

  it('have the app\u2019s default where the account has nothing', () => {
    const acme = app([
      { name: 'region', default: 'us' },
      { name: 'empty', default: 'us' },
    ])
    expect({ ...publicFields(account({ empty: '' }), acme) }).toEqual({ region: 'us', empty: '' })
  })

  it('are the account\u2019s own texts, nothing inherited', () => {
    const acme = app([{ name: 'shop' }, { name: 'count' }])
    const odd = account({ ...Object.create({ shop: 'inherited' }), count: 5 as never })
    expect({ ...publicFields(odd, acme) }).toEqual({})
    expect('toString' in publicFields(odd, acme)).toBe(false)
  })

  it('follow a new version of the account or of the app', () => {
    const first = app([{ name: 'shop' }])
    const second = app([{ name: 'shop', type: 'password' }])
    const mine = account({ shop: 'demo' })
    expect(publicFields(mine, first)).toBe(publicFields(mine, first))
    expect({ ...publicFields(mine, second) }).toEqual({})
    expect({ ...publicFields(account({ shop: 'other' }), first) }).toEqual({ shop: 'other' })
  })
})
