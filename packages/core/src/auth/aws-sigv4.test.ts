import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf, type TestRequest } from '../../testing/auth.js'
import { parseTarget } from '../target.js'

const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const url = 'https://bucket.s3.eu-west-1.amazonaws.com/a?b=c'

function sign(settings: Readonly<Record<string, unknown>>, request: TestRequest = {}) {
  const app = appWith([{ kind: 'aws-sigv4', ...settings }])
  return injectInto(app, { url, now: Date.parse('2015-08-30T12:36:00Z'), customFields: keys, ...request })
}

function header(settings: Readonly<Record<string, unknown>>, name: string, request?: TestRequest): string | undefined {
  const { headers = [] } = sign(settings, request)
  return headers[headers.indexOf(name) + 1]
}

describe('aws-sigv4', () => {
  it('gives the signature of AWS’s own suite', () => {
    const settings = { region: 'us-east-1', service: 'service' }
    expect(sign(settings, { url: 'https://example.amazonaws.com/' })).toEqual({
      headers: [
        ...['x-amz-date', '20150830T123600Z', 'authorization'],
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
      ],
    })
  })

  it('reads region and service off the host, and lets settings win', () => {
    expect(header({}, 'authorization')).toContain('/20150830/eu-west-1/s3/aws4_request')
    expect(header({ region: 'auto' }, 'authorization')).toContain('/auto/s3/aws4_request')
    const customFields = { ...keys, region: 'us-west-2' }
    expect(header({ region: '{{custom_fields.region}}' }, 'authorization', { customFields })).toContain(
      '/us-west-2/s3/',
    )
  })

  it('refuses a host that tells neither, unless the app does', () => {
    const minio = { url: 'https://minio.example.com/a' }
    expect(refusalOf(() => sign({ service: 's3' }, minio))).toMatch(/^account_config_invalid .*minio.example.com/)
    expect(header({ service: 's3', region: 'us-east-1' }, 'authorization', minio)).toContain('/us-east-1/s3/')
  })

  it('covers a session token, and leaves an empty one out', () => {
    const settings = { session_token: '{{credentials.token}}' }
    expect(header(settings, 'x-amz-security-token', { credentials: { token: 'FwoG' } })).toBe('FwoG')
    expect(header(settings, 'authorization', { credentials: { token: 'FwoG' } })).toContain(';x-amz-security-token,')
    expect(sign(settings, { credentials: { token: '' } }).headers).not.toContain('x-amz-security-token')
  })

  it('signs by query parameters that no caller can set', () => {
    const { query, headers } = sign({ in: 'query', expires: 60 })
    expect(headers).toBeUndefined()
    expect(query).toContain('X-Amz-Signature')
    expect(query?.[query.indexOf('X-Amz-Expires') + 1]).toBe('60')
    expect(appWith([{ kind: 'aws-sigv4' }]).reservedQuery.has('x-amz-signature')).toBe(true)
  })

  it('sends a stream to S3 with an unsigned payload, and holds bodies for other services', () => {
    expect(header({}, 'x-amz-content-sha256', { method: 'PUT', bodyIsStream: true })).toBe('UNSIGNED-PAYLOAD')
    const needs = (settings: Readonly<Record<string, unknown>>, host: string) =>
      appWith([{ kind: 'aws-sigv4', ...settings }]).needsBodyBytes(parseTarget(`https://${host}/`), [])
    expect(needs({}, 'bucket.s3.eu-west-1.amazonaws.com')).toBe(false)
    expect(needs({ service: 's3' }, 'minio.example.com')).toBe(false)
    expect(needs({}, 'sqs.eu-west-1.amazonaws.com')).toBe(true)
    expect(needs({}, 'unknown.example.com')).toBe(true)
    expect(needs({ payload: 'signed' }, 'bucket.s3.eu-west-1.amazonaws.com')).toBe(true)
    expect(needs({ payload: 'unsigned' }, 'sqs.eu-west-1.amazonaws.com')).toBe(false)
  })

  it('takes keys with white space around them, and refuses what is no key, without showing it', () => {
    const spaced = { access_key_id: ' AKIDEXAMPLE\n', secret_access_key: ` ${keys.secret_access_key}\n` }
    expect(sign({}, { customFields: spaced })).toEqual(sign({}))
    const broken = refusalOf(() => sign({}, { customFields: { ...keys, access_key_id: 'no, key' } }))
    expect(broken).toMatch(/^account_config_invalid /)
    expect(broken).not.toContain('no, key')
    const token = { session_token: '{{credentials.token}}' }
    expect(refusalOf(() => sign(token, { credentials: { token: 'a\nb' } }))).toMatch(/^account_config_invalid /)
    expect(refusalOf(() => sign({}, { customFields: {} }))).toContain('custom_fields.access_key_id')
  })

  it('signs with the keys of a role, and says how they are got', () => {
    const entry = { kind: 'aws-sigv4', role_arn: '{{custom_fields.role_arn}}', external_id: 'x', region: 'eu-west-1' }
    const app = appWith([entry])
    expect(app.renewal).toMatchObject({
      kind: 'assume-role',
      fromNothing: true,
      settings: { durationSeconds: 3600, url: { text: 'https://sts.eu-west-1.amazonaws.com' } },
    })
    const credentials = { aws_access_key_id: 'ASIAROLE', aws_secret_access_key: 's', aws_session_token: 'FwoG' }
    const { headers = [] } = injectInto(app, { url, customFields: keys, credentials })
    expect(headers).toContain('FwoG')
    expect(headers.at(-1)).toContain('Credential=ASIAROLE/')
    const china = appWith([{ kind: 'aws-sigv4', role_arn: 'a', sts_region: 'cn-north-1' }])
    expect(china.renewal).toMatchObject({ settings: { url: { text: 'https://sts.cn-north-1.amazonaws.com.cn' } } })
  })

  it.each([
    [{ regoin: 'x' }, 'auth[0].regoin is not a setting of this kind'],
    [{ in: 'body' }, 'auth[0].in must be one of header, query'],
    [{ expires: 60 }, 'auth[0].expires has no effect without in: query'],
    [{ in: 'query', expires: 0 }, 'auth[0].expires must be a whole number from 1 to 604800'],
    [{ payload: 'chunked' }, 'auth[0].payload must be one of signed, unsigned'],
    [{ external_id: 'x' }, 'auth[0].external_id has no effect without role_arn'],
    [{ role_arn: 'a', duration: 60 }, 'auth[0].duration must be a whole number from 900 to 43200'],
    [{ role_arn: 'a', sts_url: 'not a url' }, 'auth[0].sts_url '],
    [{ access_key_id: '{{custom_fields.nope}}' }, 'auth[0].access_key_id uses custom_fields.nope'],
  ])('%j is a fault', (settings, fault) => {
    const faults = faultsOf({ kind: 'aws-sigv4', ...settings })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })
})
