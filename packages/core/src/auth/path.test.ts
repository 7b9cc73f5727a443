import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf } from '../../testing/auth.js'

const app = appWith([{ kind: 'path', prefix: '/bot{{custom_fields.api_key}}' }])
const send = (api_key: string, url = 'https://api.telegram.org/getMe?a=1') =>
  injectInto(app, { url, customFields: { api_key } })

describe('a credential in the path', () => {
  it('stands before the caller’s path, whose bytes stay', () => {
    expect(send('123:AB-c_d')).toEqual({ path: '/bot123:AB-c_d/getMe?a=1' })
    expect(send('x', 'https://api.telegram.org/a%2Fb/../c?q=%20')).toEqual({ path: '/botx/a%2Fb/../c?q=%20' })
    expect(send('x', 'https://api.telegram.org')).toEqual({ path: '/botx/' })
  })

  it('may be several segments', () => {
    const two = appWith([{ kind: 'path', prefix: '/v1/{{custom_fields.api_key}}/{{custom_fields.secret}}' }])
    const customFields = { api_key: 'a', secret: 'b~!$' }
    expect(injectInto(two, { customFields, url: 'https://x.example.com/c' })).toEqual({ path: '/v1/a/b~!$/c' })
  })

  it.each(['', 'a/b', '/..', 'a?b', 'a#b', 'a b', 'a%2Fb', 'a\\b', 'a\nb', 'é'])(
    '%j is refused, without showing it',
    (api_key) => {
      // Behind `bot` an empty one is a fine segment; alone it is none.
      const alone = appWith([{ kind: 'path', prefix: '/{{custom_fields.api_key}}' }])
      const refused = refusalOf(() => injectInto(alone, { customFields: { api_key } }))
      expect(refused).toMatch(/^account_config_invalid .*path segment/)
      if (api_key.length > 2) expect(refused).not.toContain(api_key)
    },
  )

  it.each(['.', '..'])('%j is refused as a whole segment and taken as a part of one', (api_key) => {
    const alone = appWith([{ kind: 'path', prefix: '/{{custom_fields.api_key}}' }])
    expect(refusalOf(() => injectInto(alone, { customFields: { api_key } }))).toMatch(/^account_config_invalid /)
    expect(send(api_key)).toEqual({ path: `/bot${api_key}/getMe?a=1` })
  })

  it.each([
    [{}, 'auth[0].prefix must be a non-empty string'],
    [{ prefix: 'bot' }, 'auth[0].prefix must start with a slash'],
    [{ prefix: '/bot/' }, 'auth[0].prefix must start with a slash and not end with one'],
    [{ prefix: '/{{custom_fields.nope}}' }, 'auth[0] uses custom_fields.nope'],
    [{ prefix: '/x', suffix: '/y' }, 'auth[0].suffix is not a setting of this kind'],
  ])('%j is a fault', (settings, fault) => {
    const [first = ''] = faultsOf({ kind: 'path', ...settings })
    expect(first.replace('auth[0].prefix uses', 'auth[0] uses')).toContain(fault)
  })
})
