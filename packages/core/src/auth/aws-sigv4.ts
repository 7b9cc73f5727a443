import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { isHeaderValue } from '../headers.js'
import type { AuthStrategy, PreparedAuth, RequestDescription } from '../ports/auth-strategy.js'
import type { AssumeRoleSettings, Renewal } from '../ports/renewal.js'
import type { Target } from '../target.js'
import type { Template } from '../template.js'
import { awsScopeOf } from './aws-host.js'
import { type AwsKeys, type AwsScope, awsQueryNames, isS3, signAwsQuery, signAwsRequest } from './aws-signature.js'
import { requireHeaderValue } from './placement.js'
import { readSettings, type Settings } from './settings.js'

/**
 * `{ kind: aws-sigv4 }`: AWS Signature Version 4 with the account's keys.
 *
 * Keys are `access_key_id`, `secret_access_key`, `session_token`. `region` and `service` are read off the host of AWS
 * unless they are given. `in: query` signs by parameters, valid for `expires` seconds. `payload` says whether a body
 * that is a stream is held to be signed (`signed`) or signed as unsigned (`unsigned`: the default for S3).
 *
 * With `role_arn` the keys are used to assume that role, and the role's keys sign: `external_id`, `session_name`,
 * `duration` in seconds, `sts_region`, `sts_url`.
 */
export const awsSigV4Strategy: AuthStrategy = {
  kind: 'aws-sigv4',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const keys = readKeys(settings)
    const renewal = settings.has('role_arn') ? assumeRole(settings, keys) : refuseRoleSettings(settings)
    const prepared = prepareSignature(settings, renewal === undefined ? keys : roleKeys(settings))
    settings.done()
    return renewal === undefined ? prepared : { ...prepared, renewal }
  },
}

interface KeyTemplates {
  readonly accessKeyId: Template
  readonly secretAccessKey: Template
  readonly sessionToken: Template | undefined
}

function readKeys(settings: Settings): KeyTemplates {
  return {
    accessKeyId: settings.template('access_key_id', '{{custom_fields.access_key_id}}'),
    secretAccessKey: settings.template('secret_access_key', '{{custom_fields.secret_access_key}}'),
    sessionToken: settings.optionalTemplate('session_token'),
  }
}

function roleKeys(settings: Settings): KeyTemplates {
  return {
    accessKeyId: settings.compile('{{credentials.aws_access_key_id}}', 'role_arn'),
    secretAccessKey: settings.compile('{{credentials.aws_secret_access_key}}', 'role_arn'),
    sessionToken: settings.compile('{{credentials.aws_session_token}}', 'role_arn'),
  }
}

const roleSettings = ['external_id', 'session_name', 'duration', 'sts_url', 'sts_region']

function refuseRoleSettings(settings: Settings): undefined {
  for (const name of roleSettings) {
    if (settings.has(name)) throw new AppFault(settings.path(name), 'has no effect without role_arn')
  }
}

function assumeRole(settings: Settings, keys: KeyTemplates): Renewal {
  const region = settings.text('sts_region') ?? settings.text('region') ?? 'us-east-1'
  const renewal: AssumeRoleSettings = {
    ...keys,
    url: settings.url('sts_url', `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`),
    region: settings.compile(region, settings.has('sts_region') ? 'sts_region' : 'region'),
    roleArn: settings.template('role_arn'),
    externalId: settings.optionalTemplate('external_id'),
    sessionName: settings.template('session_name', 'api-proxy'),
    durationSeconds: settings.whole('duration', 900, 43_200, 3_600),
  }
  return { kind: 'assume-role', settings: renewal, fromNothing: true }
}

function prepareSignature(settings: Settings, keys: KeyTemplates): PreparedAuth {
  const region = settings.optionalTemplate('region')
  const service = settings.optionalTemplate('service')
  const place = settings.oneOf('in', ['header', 'query'], 'header')
  const expires = settings.whole('expires', 1, 604_800, 300)
  if (place === 'header' && settings.has('expires')) {
    throw new AppFault(settings.path('expires'), 'has no effect without in: query')
  }
  const payload = settings.has('payload') ? settings.oneOf('payload', ['signed', 'unsigned'], 'signed') : undefined

  /** A service that only the account knows is taken for one that wants its payload signed. */
  const needsBytes = (target: Target): boolean => {
    if (payload !== undefined) return payload === 'signed'
    const name = service === undefined ? awsScopeOf(target.hostname)?.service : service.text
    return name === undefined || !isS3({ service: name })
  }

  const scopeOf = (values: CredentialValues, { target }: RequestDescription): AwsScope => {
    const known = awsScopeOf(target.hostname)
    const scope = {
      region: region?.render(values) ?? known?.region ?? '',
      service: service?.render(values) ?? known?.service ?? '',
    }
    if (scope.region !== '' && scope.service !== '') return scope
    throw new ProxyError(
      'account_config_invalid',
      `The host ${target.host} does not tell its AWS region and service, so the app has to set both.`,
    )
  }

  return {
    kind: 'aws-sigv4',
    headerNames: ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'],
    queryNames: awsQueryNames,
    body: needsBytes,
    isSignature: true,
    inject(secret, request) {
      const values = secret.reveal()
      const { method, target, headers, body, bodyIsStream, now } = request
      const asked = { method, target, headers, payload: bodyIsStream ? undefined : (body ?? Buffer.alloc(0)) }
      const scope = scopeOf(values, request)
      return place === 'header'
        ? { headers: signAwsRequest(asked, renderKeys(keys, values), scope, now) }
        : { query: signAwsQuery(asked, renderKeys(keys, values), scope, now, expires) }
    },
  }
}

/** Copied keys often bring white space along, which no key has. */
function renderKeys(keys: KeyTemplates, values: CredentialValues): AwsKeys {
  const sessionToken = keys.sessionToken?.render(values).trim()
  return {
    accessKeyId: requireKeyId(keys.accessKeyId.render(values).trim()),
    secretAccessKey: keys.secretAccessKey.render(values).trim(),
    sessionToken: sessionToken === undefined || sessionToken === '' ? undefined : requireToken(sessionToken),
  }
}

function requireToken(text: string): string {
  return requireHeaderValue(text, isHeaderValue(text), 'x-amz-security-token')
}

/** It stands in a header and between slashes. */
function requireKeyId(text: string): string {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(text)) return text
  throw new ProxyError('account_config_invalid', "The account's AWS access key id is not one.", {
    details: { field: 'access_key_id' },
  })
}
