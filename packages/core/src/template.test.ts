import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CredentialValues } from './account.js'
import { AppFault } from './app.js'
import { ProxyError } from './errors.js'
import { compileTemplate } from './template.js'

const values: CredentialValues = {
  customFields: { sub: 'acme', key: 'k1', tricky: '{{credentials.token}}', empty: '' },
  credentials: { token: 't1', oauth_access_token: 'at' },
}
const render = (text: string) => compileTemplate(text, 'auth[0].value').render(values, { now: 1_700_000_000_999 })

describe('a template', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{custom_fields.sub}}', 'acme'],
    ['{{ custom_fields.sub }}', 'acme'],
    ['Bearer {{credentials.oauth_access_token}}', 'Bearer at'],
    ['{{custom_fields.sub}}:{{credentials.token}}!', 'acme:t1!'],
    ['{"a":{"b":"{{custom_fields.key}}"}}', '{"a":{"b":"k1"}}'],
    ['{{custom_fields.empty}}', ''],
    ['{{\'text\'}}{{"}}"}}', 'text}}'],
    ["{{base64(custom_fields.key, ':', credentials.token)}}", Buffer.from('k1:t1').toString('base64')],
    ['{{sha256(credentials.token)}}', createHash('sha256').update('t1').digest('hex')],
    ["{{hmac(credentials.token, 'a', custom_fields.key)}}", createHmac('sha256', 't1').update('ak1').digest('hex')],
    [
      '{{base64(sha256(custom_fields.key))}}',
      Buffer.from(createHash('sha256').update('k1').digest('hex')).toString('base64'),
    ],
    ['{{lower(custom_fields.sub, "É")}}{{upper(credentials.token)}}', 'acmeéT1'],
    ["{{url_encode('a b/é*', custom_fields.key)}}", 'a%20b%2F%C3%A9%2Ak1'],
    ['{{now()}}', '1700000000'],
  ])('%s renders', (text, expected) => {
    expect(render(text)).toBe(expected)
  })

  it('makes a new uuid each time', () => {
    const template = compileTemplate('{{uuid()}}', 'headers.x')
    expect(template.render(values)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(template.render(values)).not.toBe(template.render(values))
  })

  it('never reads a value as a template', () => {
    expect(render('{{custom_fields.tricky}}')).toBe('{{credentials.token}}')
  })

  it('tells which custom fields it uses, nested ones too', () => {
    const template = compileTemplate(
      '{{custom_fields.a}}{{base64(sha256(custom_fields.b), credentials.c)}}{{custom_fields.a}}',
      'x',
    )
    expect(template.fields).toEqual(['a', 'b'])
    expect(template.isStatic).toBe(false)
    expect(compileTemplate('x', 'x').isStatic).toBe(true)
  })

  it.each([
    ['{{custom_fields.sub', 'does not end in }}'],
    ['{{custom_fields.sub}', 'does not end in }}'],
    ['a {{', 'without a name'],
    ['{{}}', 'without a name'],
    ['{{ }}', 'without a name'],
    ['{{{custom_fields.sub}}}', 'without a name'],
    ['{{sub}}', 'uses {{sub}}'],
    ['{{custom_fields}}', 'without the name of a value'],
    ['{{custom_fields.}}', 'without the name of a value'],
    ['{{custom_fields.a.b}}', 'does not end in }}'],
    ['{{custom_fields["a"]}}', 'without the name of a value'],
    ['{{custom_fields.__proto__}}', 'no name for a value'],
    ['{{custom_fields.constructor}}', 'no name for a value'],
    ['{{credentials.toString}}', 'no name for a value'],
    ['{{process.env}}', 'uses {{process}}'],
    ['{{request.method}}', 'uses {{request}}; templates know custom_fields.NAME and credentials.NAME'],
    ['{{eval(credentials.token)}}', 'calls eval()'],
    ['{{constructor()}}', 'calls constructor()'],
    ['{{base64()}}', 'with 0 values; it takes 1 to 8'],
    ['{{hmac(credentials.token)}}', 'with 1 values; it takes 2 to 8'],
    ["{{now('x')}}", 'with 1 values; it takes 0'],
    ['{{base64(credentials.token}}', 'a ( without its )'],
    ['{{base64(credentials.token,)}}', 'without a name'],
    ["{{base64('x)}}", 'without a name'],
    ['{{custom_fields.a || custom_fields.b}}', 'does not end in }}'],
  ])('%s is a fault at the field where it stands', (text, reason) => {
    expect(() => compileTemplate(text, 'auth[0].value')).toThrowError(AppFault)
    try {
      compileTemplate(text, 'auth[0].value')
    } catch (error) {
      expect(error).toMatchObject({ field: 'auth[0].value', message: expect.stringContaining(reason) })
    }
  })

  const lacking: readonly [string, CredentialValues][] = [
    ['an absent value', { customFields: {}, credentials: {} }],
    ['an inherited value', { customFields: Object.create({ sub: 'inherited' }), credentials: {} }],
    ['a value that is no text', { customFields: { sub: 1 } as never, credentials: {} }],
  ]
  it.each(lacking)('refuses %s, naming it', (_, given) => {
    try {
      compileTemplate('{{custom_fields.sub}}', 'x').render(given)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ProxyError)
      expect(error).toMatchObject({ code: 'account_config_invalid', details: { field: 'custom_fields.sub' } })
    }
  })

  it('takes linear time to read', () => {
    const started = performance.now()
    for (const text of ['{{'.repeat(20_000), `{{${' '.repeat(50_000)}x`, `{{base64(${"'a',".repeat(20_000)}`]) {
      expect(() => compileTemplate(text, 'x')).toThrow(AppFault)
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
