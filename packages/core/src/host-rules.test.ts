import { describe, expect, it } from 'vitest'
import { AppFault } from './app.js'
import { compileHostRules, type HostRuleOptions } from './host-rules.js'
import { parseTarget } from './target.js'

function faultOf(entries: readonly string[], options: HostRuleOptions = {}): string | undefined {
  try {
    compileHostRules(entries, options)
    return undefined
  } catch (error) {
    if (!(error instanceof AppFault)) throw error
    return `${error.field} ${error.message}`
  }
}

describe('host rules', () => {
  const rules = compileHostRules(['api.example.com', '*.shop.example', 'files.example.com:8443', '*.alt.example:8443'])

  it.each([
    'https://api.example.com/x',
    'https://API.example.com:443/x',
    'https://a.shop.example/',
    'https://a.b.shop.example/',
    'https://files.example.com:8443/',
    'https://a.alt.example:8443/',
  ])('let %s through', (url) => {
    expect(rules.allows(parseTarget(url))).toBe(true)
  })

  it.each([
    'https://example.com/',
    'https://x.api.example.com/',
    'https://api.example.com.evil.example/',
    'https://xapi.example.com/',
    'https://api.example.co/',
    'http://api.example.com/',
    'http://api.example.com:443/',
    'https://api.example.com:80/',
    'https://api.example.com:8443/',
    'https://shop.example/',
    'https://evilshop.example/',
    'https://a.shop.example:8443/',
    'http://a.shop.example/',
    'https://files.example.com/',
    'https://files.example.com:8444/',
    'http://files.example.com:8443/',
    'https://a.alt.example/',
    'https://192.0.2.1/',
    'https://[2001:db8::1]/',
  ])('refuse %s', (url) => {
    expect(rules.allows(parseTarget(url))).toBe(false)
  })

  it('let http through on the app\u2019s word only, on the ports that the entries name', () => {
    const open = compileHostRules(['api.example.com', 'files.example.com:8080', '*.shop.example'], { allowHttp: true })
    const passed = [
      'http://api.example.com/',
      'https://api.example.com/',
      'http://files.example.com:8080/',
      'http://a.shop.example/',
    ]
    const refused = ['http://api.example.com:443/', 'http://files.example.com/', 'https://a.shop.example:80/']
    expect(passed.map((url) => open.allows(parseTarget(url)))).toEqual(passed.map(() => true))
    expect(refused.map((url) => open.allows(parseTarget(url)))).toEqual(refused.map(() => false))
  })

  it('list the entries as written', () => {
    expect(rules.list).toEqual(['api.example.com', '*.shop.example', 'files.example.com:8443', '*.alt.example:8443'])
    expect(compileHostRules([]).allows(parseTarget('https://api.example.com/'))).toBe(false)
  })
})

describe('an entry', () => {
  it.each([
    'api.example.com',
    'example.com',
    'example.co.uk',
    '*.example.co.uk',
    'api.example.com:443',
    'api.example.com:8443',
    '*.example.com',
    '*.example.com:8443',
    'xn--mnchen-3ya.example.com',
    'me.github.io',
    '*.me.github.io',
    's3.eu-west-1.amazonaws.com',
    'example.googleapis.com',
    '*.zendesk.com',
  ])('may be %s', (entry) => {
    expect(faultOf([entry])).toBeUndefined()
  })

  it.each([
    ['*', 'may hold *'],
    ['*.', 'must be a host name'],
    ['**.example.com', 'may hold *'],
    ['*example.com', 'may hold *'],
    ['*.*.example.com', 'may hold *'],
    ['api.*.com', 'may hold *'],
    ['com', 'must not be a single label'],
    ['*.com', 'must not open the whole of com'],
    ['localhost', 'must not be a single label'],
    ['*.localhost', 'must not open the whole'],
    ['co.uk', 'must not be co.uk'],
    ['*.co.uk', 'must not be co.uk'],
    ['*.com.au', 'must not be com.au'],
    ['*.github.io', 'must not be github.io'],
    ['*.herokuapp.com', 'must not be herokuapp.com'],
    ['*.amazonaws.com', 'must not be amazonaws.com'],
    ['*.s3.amazonaws.com', 'must not be s3.amazonaws.com'],
    ['*.s3.eu-west-1.amazonaws.com', 'must not be'],
    ['*.azure.com', 'must not be azure.com'],
    ['192.0.2.1', 'must not be an IP address'],
    ['192.0.2.1:8443', 'must not be an IP address'],
    ['127.0.0.1', 'must not be an IP address'],
    ['[::1]', 'must not be an IP address'],
    ['[2001:db8::1]:8443', 'must not be an IP address'],
    ['*.192.0.2.1', 'must not be an IP address'],
    ['2130706433', 'must be a host name'],
    ['127.1', 'must be a host name'],
    ['API.example.com', 'must be in lower case'],
    ['m\u00fcnchen.example', 'must be ASCII'],
    ['\uff41pi.example.com', 'must be ASCII'],
    ['api.example.com.', 'must be a host name'],
    ['api..example.com', 'must be a host name'],
    ['.example.com', 'must be a host name'],
    ['-api.example.com', 'must be a host name'],
    ['my_api.example.com', 'must be a host name'],
    ['user@example.com', 'must be a host name'],
    ['https://api.example.com', 'must be a host without scheme'],
    ['api.example.com/v1', 'must be a host without scheme'],
    ['api.example.com?x', 'must be a host name'],
    ['api.example.com#x', 'must be a host name'],
    ['api.example.com:', 'must be a host name'],
    ['api.example.com:0', 'must be a host name'],
    ['api.example.com:0443', 'must be a host name'],
    ['api.example.com:65536', 'must be a host name'],
    ['api.example.com:*', 'may hold *'],
    ['api.example.com ', 'must be ASCII without spaces'],
    ['', 'must be a host name'],
  ])('must not be %j', (entry, reason) => {
    expect(faultOf(['api.example.com', entry])).toContain(`connect.allowed_domains[1] ${reason}`)
  })

  it('may be an address, localhost or a private name where the operator excepts it, on its port alone', () => {
    const isExempt = (host: string, port: number) =>
      ['127.0.0.1:4010', '[::1]:4010', 'localhost:4010', 'vault:443', 'localhost:80'].includes(`${host}:${port}`)
    expect(faultOf(['127.0.0.1:4010', '[::1]:4010', 'localhost:4010', 'vault'], { isExempt })).toBeUndefined()
    expect(faultOf(['127.0.0.1:4011'], { isExempt })).toContain('IP address')
    expect(faultOf(['127.0.0.1'], { isExempt })).toContain('IP address')
    expect(faultOf(['localhost'], { isExempt })).toContain('single label')
    expect(faultOf(['localhost'], { isExempt, allowHttp: true })).toBeUndefined()
    expect(faultOf(['*.127.0.0.1:4010'], { isExempt })).toContain('IP address')
    expect(faultOf(['*.localhost:4010'], { isExempt })).toContain('whole of localhost')
    const rules = compileHostRules(['[::1]:4010'], { isExempt, allowHttp: true })
    expect(rules.allows(parseTarget('http://[::1]:4010/'))).toBe(true)
    expect(rules.allows(parseTarget('http://[::1]:4011/'))).toBe(false)
  })

  it('is held against the host\u2019s own list of public suffixes too', () => {
    const isPublicSuffix = (domain: string) => domain === 'pages.example.com'
    expect(faultOf(['*.pages.example.com'])).toBeUndefined()
    expect(faultOf(['*.pages.example.com'], { isPublicSuffix })).toContain('must not be pages.example.com')
    expect(faultOf(['*.co.uk'], { isPublicSuffix })).toContain('must not be co.uk')
  })
})
