import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf } from '../../testing/auth.js'

const app = appWith([{ kind: 'cookie', name: 'session', value: '{{custom_fields.api_key}}' }])
const send = (api_key: string) => injectInto(app, { customFields: { api_key } })

describe('a credential in a cookie', () => {
  it('is the only one that goes out', () => {
    expect(send('abc=/+')).toEqual({ headers: ['cookie', 'session=abc=/+'] })
    expect(app.reservedHeaders.has('cookie')).toBe(true)
  })

  it('adds up with those of other entries', () => {
    const { auth } = appWith([
      { kind: 'cookie', name: 'a', value: '1' },
      { kind: 'cookie', name: 'b', value: '2' },
    ])
    expect(auth).toHaveLength(2)
    const second = appWith([{ kind: 'cookie', name: 'b', value: '2' }])
    expect(injectInto(second, { headers: ['cookie', 'a=1'] })).toEqual({ headers: ['cookie', 'a=1; b=2'] })
  })

  it.each(['a;b', 'a,b', 'a b', 'a"b', 'a\\b', 'a\r\nb', 'é'])('%j is refused, without showing it', (value) => {
    const refused = refusalOf(() => send(value))
    expect(refused).toMatch(/^account_config_invalid .*cookie session/)
    expect(refused).not.toContain(value)
  })

  it.each([
    [{ name: 'a b', value: 'x' }, 'auth[0].name is not a valid cookie name'],
    [{ name: 'a' }, 'auth[0].value must be a non-empty string'],
    [{ name: 'a', value: 'x', path: '/' }, 'auth[0].path is not a setting of this kind'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ kind: 'cookie', ...settings })).toEqual([expect.stringContaining(fault)])
  })
})
