import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseTarget } from '../target.js'
import {
  type OAuth1Keys,
  type OAuth1Method,
  type OAuth1Parameters,
  oauth1BodyHash,
  oauth1Header,
  oauth1Signature,
  signatureBaseString,
} from './oauth1-signature.js'

function keys(consumerSecret: string, tokenSecret = ''): OAuth1Keys {
  return { consumerSecret, tokenSecret, privateKey: undefined }
}

function request(method: string, url: string, form?: string) {
  return { method, target: parseTarget(url), form: form === undefined ? undefined : Buffer.from(form) }
}

function parameters(
  consumer: string,
  token: string | undefined,
  signatureMethod: string,
  timestamp: string,
  nonce: string,
  ...more: OAuth1Parameters
): OAuth1Parameters {
  return [
    ['oauth_consumer_key', consumer],
    ...(token === undefined ? [] : [['oauth_token', token] as const]),
    ['oauth_signature_method', signatureMethod],
    ['oauth_timestamp', timestamp],
    ['oauth_nonce', nonce],
    ...more,
  ]
}

describe('RFC 5849', () => {
  it('3.4.1.1: the signature base string, with query, form, repeated names and odd encodings', () => {
    const asked = request('POST', 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', 'c2&a3=2+q')
    const given = parameters('9djdj82h48djs9d2', 'kkk9d7dh3k39sjv7', 'HMAC-SHA1', '137131201', '7d8f3e4a')
    expect(signatureBaseString(asked, given)).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    )
  })

  it('3.4.1.2: the base string URI', () => {
    const uri = (url: string) => decodeURIComponent(signatureBaseString(request('GET', url), []).split('&')[1] ?? '')
    expect(uri('http://EXAMPLE.COM:80/r%20v/X?id=123')).toBe('http://example.com/r%20v/X')
    expect(uri('https://www.example.net:8080/?q=1')).toBe('https://www.example.net:8080/')
  })

  it.each([
    [
      'POST',
      'https://photos.example.net/initiate',
      undefined,
      '',
      '137131200',
      'wIjqoS',
      '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
      [['oauth_callback', 'http://printer.example.com/ready']],
    ],
    [
      'POST',
      'https://photos.example.net/token',
      'hh5s93j4hdidpola',
      'hdhd0244k9j7ao03',
      '137131201',
      'walatlh',
      'gKgrFCywp7rO0OXSjdot/IHF7IU=',
      [['oauth_verifier', 'hfdp7dh39dks9884']],
    ],
    [
      'GET',
      'http://photos.example.net/photos?file=vacation.jpg&size=original',
      'nnch734d00sl2jdk',
      'pfkkdhi9sl3r4s00',
      '137131202',
      'chapoH',
      'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
      [],
    ],
  ] as const)('1.2: %s %s', (method, url, token, tokenSecret, timestamp, nonce, signature, more) => {
    const given = parameters('dpf43f3p2l4k3l03', token, 'HMAC-SHA1', timestamp, nonce, ...more)
    const secrets = keys('kd94hf93k423kf44', tokenSecret)
    expect(oauth1Signature('HMAC-SHA1', request(method, url), given, secrets)).toBe(signature)
  })

  it('2.1: PLAINTEXT', () => {
    const secrets = keys('ja893SD9', '')
    expect(
      oauth1Signature('PLAINTEXT', request('POST', 'https://server.example.com/request_temp_credentials'), [], secrets),
    ).toBe('ja893SD9&')
    expect(oauth1Signature('PLAINTEXT', request('GET', 'https://a.example.com/'), [], keys('a&b', 'c d'))).toBe(
      'a%26b&c%20d',
    )
  })
})

/** https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature */
it('Twitter’s published example', () => {
  const asked = request(
    'POST',
    'https://api.twitter.com/1.1/statuses/update.json?include_entities=true',
    'status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21',
  )
  const given = parameters(
    'xvz1evFS4wEEPTGEFPHBog',
    '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
    'HMAC-SHA1',
    '1318622958',
    'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
    ['oauth_version', '1.0'],
  )
  const secrets = keys('kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw', 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE')
  expect(oauth1Signature('HMAC-SHA1', asked, given, secrets)).toBe('hCtSmYh+iHYCEqBWrE7C7hYmtUk=')
})

/** http://wiki.oauth.net/w/page/12238556/TestCases, section 9.3; the key is published there for tests. */
describe('the test cases of wiki.oauth.net', () => {
  const privateKey = createPrivateKey(`-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALRiMLAh9iimur8V
A7qVvdqxevEuUkW4K+2KdMXmnQbG9Aa7k7eBjK1S+0LYmVjPKlJGNXHDGuy5Fw/d
7rjVJ0BLB+ubPK8iA/Tw3hLQgXMRRGRXXCn8ikfuQfjUS1uZSatdLB81mydBETlJ
hI6GH4twrbDJCR2Bwy/XWXgqgGRzAgMBAAECgYBYWVtleUzavkbrPjy0T5FMou8H
X9u2AC2ry8vD/l7cqedtwMPp9k7TubgNFo+NGvKsl2ynyprOZR1xjQ7WgrgVB+mm
uScOM/5HVceFuGRDhYTCObE+y1kxRloNYXnx3ei1zbeYLPCHdhxRYW7T0qcynNmw
rn05/KO2RLjgQNalsQJBANeA3Q4Nugqy4QBUCEC09SqylT2K9FrrItqL2QKc9v0Z
zO2uwllCbg0dwpVuYPYXYvikNHHg+aCWF+VXsb9rpPsCQQDWR9TT4ORdzoj+Nccn
qkMsDmzt0EfNaAOwHOmVJ2RVBspPcxt5iN4HI7HNeG6U5YsFBb+/GZbgfBT3kpNG
WPTpAkBI+gFhjfJvRw38n3g/+UeAkwMI2TJQS4n8+hid0uus3/zOjDySH3XHCUno
cn1xOJAyZODBo47E+67R4jV1/gzbAkEAklJaspRPXP877NssM5nAZMU0/O/NGCZ+
3jPgDUno6WbJn5cqm8MqWhW1xGkImgRk+fkDBquiq4gPiT898jusgQJAd5Zrr6Q8
AO/0isr/3aa6O6NLQxISLKcPDk2NOccAfS/xOtfOz4sJYM3+Bs4Io9+dZGSDCA54
Lw03eHTNQghS0A==
-----END PRIVATE KEY-----`)

  it('RSA-SHA1', () => {
    const asked = request('GET', 'http://photos.example.net/photos?file=vacaction.jpg&size=original')
    const given = parameters('dpf43f3p2l4k3l03', undefined, 'RSA-SHA1', '1196666512', '13917289812797014437', [
      'oauth_version',
      '1.0',
    ])
    expect(oauth1Signature('RSA-SHA1', asked, given, { ...keys(''), privateKey })).toBe(
      'jvTp/wX1TYtByB1m+Pbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2/9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW//e+RinhejgCuzoH26dyF8iY2ZZ/5D1ilgeijhV/vBka5twt399mXwaYdCwFYE=',
    )
  })

  it.each<[OAuth1Method, number]>([
    ['HMAC-SHA256', 44],
    ['HMAC-SHA512', 88],
    ['RSA-SHA256', 172],
    ['RSA-SHA512', 172],
  ])('%s differs by its hash alone', (method, length) => {
    const asked = request('GET', 'https://example.com/')
    expect(oauth1Signature(method, asked, [], { ...keys('a', 'b'), privateKey })).toHaveLength(length)
  })
})

/** https://oauth.googlecode.com/svn/spec/ext/body_hash/1.0/oauth-bodyhash.html, 5: its example. */
it('hashes a body as the extension’s example does', () => {
  expect(oauth1BodyHash('HMAC-SHA1', Buffer.from('Hello World!'))).toBe('Lve95gjOVATpfV8EL5X4nxwjKHE=')
})

it('covers bytes that are no UTF-8', () => {
  const asked = { ...request('POST', 'https://example.com/?a=%FF%zz'), form: Buffer.from([0x62, 0x3d, 0xfe]) }
  expect(signatureBaseString(asked, [])).toBe('POST&https%3A%2F%2Fexample.com%2F&a%3D%25FF%2525zz%26b%3D%25FE')
})

it('writes the realm as a quoted text, first', () => {
  expect(oauth1Header([['oauth_token', 'a b']], 'Pho"tos')).toBe('OAuth realm="Pho\\"tos", oauth_token="a%20b"')
})
