import { AwsV4Signer } from 'aws4fetch'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTarget, type Target } from '../target.js'
import { type AwsKeys, type AwsRequest, type AwsScope, signAwsQuery, signAwsRequest } from './aws-signature.js'

const suiteKeys: AwsKeys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
}
const suiteScope: AwsScope = { region: 'us-east-1', service: 'service' }
const suiteTime = Date.parse('2015-08-30T12:36:00Z')

function request(method: string, url: string, headers: readonly string[] = [], body = ''): AwsRequest {
  return { method, target: parseTarget(url), headers, payload: Buffer.from(body), covers: () => true }
}

/** As it stands, where `parseTarget` would encode. */
function withPath(path: string): Target {
  return { ...parseTarget('https://example.amazonaws.com/'), path }
}

function authorizationOf(set: readonly string[]): string {
  return set[set.indexOf('authorization') + 1] ?? ''
}

const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const form = ['content-type', 'application/x-www-form-urlencoded']
const formUtf8 = ['content-type', 'application/x-www-form-urlencoded; charset=utf8']

/** AWS's own SigV4 test suite (awslabs/aws-c-auth, tests/aws-signing-test-suite, Apache-2.0): request, then signature. */
const suite: readonly [string, string, string, readonly string[], string, string][] = [
  [
    'get-header-key-duplicate',
    'GET',
    '/',
    ['my-header1', 'value2', 'my-header1', 'value2', 'my-header1', 'value1'],
    '',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-order',
    'GET',
    '/',
    ['my-header1', 'value4', 'my-header1', 'value1', 'my-header1', 'value3', 'my-header1', 'value2'],
    '',
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-header-value-trim',
    'GET',
    '/',
    ['my-header1', ' value1', 'my-header2', ' "a   b   c"'],
    '',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-unreserved',
    'GET',
    `/${unreserved}`,
    [],
    '',
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-vanilla', 'GET', '/', [], '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-empty-query-key',
    'GET',
    '/?Param1=value1',
    [],
    '',
    'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  ],
  [
    'get-vanilla-query-order-key',
    'GET',
    '/?Param1=value2&Param1=Value1',
    [],
    '',
    'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1',
  ],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    [],
    '',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-value',
    'GET',
    '/?Param1=value2&Param1=value1',
    [],
    '',
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ],
  [
    'get-vanilla-query-unreserved',
    'GET',
    `/?${unreserved}=${unreserved}`,
    [],
    '',
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-vanilla-utf8-query',
    'GET',
    '/?%E1%88%B4=bar',
    [],
    '',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ],
  [
    'post-header-key-sort',
    'POST',
    '/',
    ['my-header1', 'value1'],
    '',
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-header-value-case',
    'POST',
    '/',
    ['my-header1', 'VALUE1'],
    '',
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
  ['post-vanilla', 'POST', '/', [], '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-vanilla-query',
    'POST',
    '/?Param1=value1',
    [],
    '',
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  ],
  [
    'post-x-www-form-urlencoded',
    'POST',
    '/',
    form,
    'Param1=value1',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'post-x-www-form-urlencoded-parameters',
    'POST',
    '/',
    formUtf8,
    'Param1=value1',
    '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  ],
  ['get-relative', 'GET', '/example/..', [], '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-relative-relative',
    'GET',
    '/example1/example2/../..',
    [],
    '',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  ['get-slash', 'GET', '//', [], '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-slash-dot-slash', 'GET', '/./', [], '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-slash-pointless-dot',
    'GET',
    '/./example',
    [],
    '',
    'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  ],
  ['get-slashes', 'GET', '//example//', [], '', '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
]

describe('AWS’s own test suite', () => {
  it.each(suite)('%s', (_name, method, path, headers, body, signature) => {
    const asked = { ...request(method, 'https://example.amazonaws.com/', headers, body), target: withPath(path) }
    const authorization = authorizationOf(signAwsRequest(asked, suiteKeys, suiteScope, suiteTime))
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, /,
    )
    expect(authorization.endsWith(`, Signature=${signature}`)).toBe(true)
  })

  it('post-sts-header-before: the session token is covered', () => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='
    const set = signAwsRequest(
      request('POST', 'https://example.amazonaws.com/'),
      { ...suiteKeys, sessionToken },
      suiteScope,
      suiteTime,
    )
    expect(set.slice(0, 4)).toEqual(['x-amz-date', '20150830T123600Z', 'x-amz-security-token', sessionToken])
    expect(authorizationOf(set)).toMatch(
      /SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/,
    )
  })
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and …/sigv4-query-string-auth.html */
describe('the examples of the S3 manual', () => {
  const keys = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: undefined,
  }
  const scope = { region: 'us-east-1', service: 's3' }
  const time = Date.parse('2013-05-24T00:00:00Z')
  const bucket = 'https://examplebucket.s3.amazonaws.com'

  it.each([
    [
      'GET',
      '/test.txt',
      ['range', 'bytes=0-9'],
      '',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT',
      '/test$file.text',
      ['date', 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      'Welcome to Amazon S3.',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    ['GET', '/?lifecycle', [], '', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['GET', '/?max-keys=2&prefix=J', [], '', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('%s %s', (method, path, headers, body, signature) => {
    const set = signAwsRequest(request(method, bucket + path, headers, body), keys, scope, time)
    expect(authorizationOf(set).slice(-64)).toBe(signature)
  })

  it('a signed query', () => {
    const set = signAwsQuery(request('GET', `${bucket}/test.txt`), keys, scope, time, 86_400)
    expect(set).toEqual([
      ...['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
      ...['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
      ...['X-Amz-Date', '20130524T000000Z', 'X-Amz-Expires', '86400', 'X-Amz-SignedHeaders', 'host'],
      ...['X-Amz-Signature', 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'],
    ])
  })

  it('a stream is signed as an unsigned payload', () => {
    const set = signAwsRequest({ ...request('PUT', `${bucket}/a`), payload: undefined }, keys, scope, time)
    expect(set).toContain('UNSIGNED-PAYLOAD')
    expect(authorizationOf(set)).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date')
  })
})

describe('a repeated name in a query', () => {
  const signatureOf = (service: string, path: string) => {
    const asked = { ...request('GET', 'https://example.amazonaws.com/'), target: withPath(path) }
    return authorizationOf(signAwsRequest(asked, suiteKeys, { ...suiteScope, service }, suiteTime)).slice(-64)
  }
  const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}=1`).join('&')

  it('is signed with its first value for S3, and with all of them for others', () => {
    expect(signatureOf('s3', '/?a=2&b=3&a=1')).toBe(signatureOf('s3', '/?a=2&b=3'))
    expect(signatureOf('s3', '/?a=2&b=3&a=1')).not.toBe(signatureOf('s3', '/?a=1&b=3'))
    expect(signatureOf('service', '/?a=2&b=3&a=1')).not.toBe(signatureOf('service', '/?a=2&b=3'))
  })

  it('is found among sixty thousand others', () => {
    expect(signatureOf('s3', `/?${names(60_000)}&n7=2`)).toBe(signatureOf('s3', `/?${names(60_000)}`))
  })
})

describe('against another implementation', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*,;=:@ é+-]{0,8}$/).filter((text) => !/^\.\.?$/.test(text))
  const url = fc
    .record({
      path: fc.array(segment.map(encodeURIComponent), { maxLength: 4 }),
      query: fc.array(fc.tuple(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' })), {
        maxLength: 4,
      }),
    })
    .map(({ path, query }) => {
      const pairs = query.map((pair) => pair.map((text) => encodeURIComponent(text.replace(/\p{Cs}/gu, '?'))).join('='))
      return `https://abc.execute-api.eu-west-1.amazonaws.com/${path.join('/')}?${pairs.join('&')}`
    })
  const asked = fc.record({
    url,
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    body: fc.string(),
    service: fc.constantFrom('s3', 'execute-api'),
    sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
    signQuery: fc.boolean(),
  })

  it('gives the same signature', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ url: text, method, body, service, sessionToken, signQuery }) => {
        const keys = { ...suiteKeys, sessionToken }
        const scope = { region: 'eu-west-1', service }
        const mine = { ...request(method, text, ['content-type', 'text/plain'], body) }
        const set = signQuery
          ? signAwsQuery(mine, keys, scope, suiteTime, 300)
          : signAwsRequest(mine, keys, scope, suiteTime)
        const hash = set.indexOf('x-amz-content-sha256')
        const url = new URL(text)
        if (signQuery) url.searchParams.set('X-Amz-Expires', '300')
        const signer = new AwsV4Signer({
          ...keys,
          method,
          url: url.href,
          region: 'eu-west-1',
          service,
          signQuery,
          allHeaders: true,
          datetime: '20150830T123600Z',
          headers: {
            'content-type': 'text/plain',
            ...(hash !== -1 && { 'x-amz-content-sha256': set[hash + 1] ?? '' }),
          },
          body,
          ...(sessionToken === undefined && { sessionToken: undefined }),
        } as ConstructorParameters<typeof AwsV4Signer>[0])
        const signed = await signer.sign()
        const theirs = signQuery
          ? signed.url.searchParams.get('X-Amz-Signature')
          : signed.headers.get('authorization')?.slice(-64)
        expect(set.at(-1)?.slice(-64)).toBe(theirs)
      }),
      { numRuns: 300 },
    )
  })
})
