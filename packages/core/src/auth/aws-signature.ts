import { createHash, createHmac } from 'node:crypto'
import { byBytes, decodeBytes, encodeBytes, formPairs } from '../percent-bytes.js'
import { addQueryPairs, type Target } from '../target.js'

/** What AWS Signature Version 4 signs: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export interface AwsRequest {
  readonly method: string
  readonly target: Target
  /** Flat, names in lower case; without `host`, which is the target's. */
  readonly headers: readonly string[]
  /** Undefined signs `UNSIGNED-PAYLOAD`; no body is one of zero bytes. */
  readonly payload: Buffer | undefined
  /** Which of the headers the signature covers; by default what nobody on the way has a reason to change. */
  readonly covers?: (name: string) => boolean
}

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface AwsScope {
  readonly region: string
  /** Name in signatures, such as `s3`, `execute-api`, `sts`. */
  readonly service: string
}

const algorithm = 'AWS4-HMAC-SHA256'
const unsignedPayload = 'UNSIGNED-PAYLOAD'

/** The parameters of a signed query, which no caller sets. */
export const awsQueryNames: readonly string[] = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Security-Token',
  'X-Amz-Content-Sha256',
  'X-Amz-Signature',
]

/**
 * Signs by headers: gives `authorization`, `x-amz-date`, and where needed `x-amz-security-token` and
 * `x-amz-content-sha256`, as a flat list to set. `now` is in epoch milliseconds.
 */
export function signAwsRequest(request: AwsRequest, keys: AwsKeys, scope: AwsScope, now: number): string[] {
  const date = amzDate(now)
  const hash = payloadHash(request.payload)
  const set = ['x-amz-date', date]
  if (keys.sessionToken !== undefined) set.push('x-amz-security-token', keys.sessionToken)
  if (isS3(scope) || request.payload === undefined) set.push('x-amz-content-sha256', hash)
  const headers = signedHeaders(request, set)
  const signature = sign(canonicalRequest(request, request.target, headers, hash, scope), date, keys, scope)
  const credential = `${keys.accessKeyId}/${credentialScope(date, scope)}`
  set.push(
    'authorization',
    `${algorithm} Credential=${credential}, SignedHeaders=${headers.names}, Signature=${signature}`,
  )
  return set
}

/** Signs by query parameters, given as a flat list to set; valid for `expiresSeconds` from `now`. */
export function signAwsQuery(
  request: AwsRequest,
  keys: AwsKeys,
  scope: AwsScope,
  now: number,
  expiresSeconds: number,
): string[] {
  const date = amzDate(now)
  const hash = isS3(scope) ? unsignedPayload : payloadHash(request.payload)
  const headers = signedHeaders(request, [])
  const set = ['X-Amz-Algorithm', algorithm]
  set.push('X-Amz-Credential', `${keys.accessKeyId}/${credentialScope(date, scope)}`)
  set.push('X-Amz-Date', date, 'X-Amz-Expires', String(expiresSeconds), 'X-Amz-SignedHeaders', headers.names)
  if (keys.sessionToken !== undefined) set.push('X-Amz-Security-Token', keys.sessionToken)
  const target = addQueryPairs(request.target, set)
  set.push('X-Amz-Signature', sign(canonicalRequest(request, target, headers, hash, scope), date, keys, scope))
  return set
}

/** S3 encodes paths once, wants the hash of the payload as a header, and takes unsigned payloads. */
export function isS3({ service }: { readonly service: string }): boolean {
  return service === 's3' || service.startsWith('s3-') || service === 's3express'
}

function payloadHash(payload: Buffer | undefined): string {
  return payload === undefined ? unsignedPayload : createHash('sha256').update(payload).digest('hex')
}

function amzDate(now: number): string {
  return new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '')
}

function credentialScope(date: string, { region, service }: AwsScope): string {
  return `${date.slice(0, 8)}/${region}/${service}/aws4_request`
}

function sign(canonical: string, date: string, keys: AwsKeys, scope: AwsScope): string {
  const hash = createHash('sha256').update(canonical, 'latin1').digest('hex')
  let key = hmac(`AWS4${keys.secretAccessKey}`, date.slice(0, 8))
  for (const part of [scope.region, scope.service, 'aws4_request']) key = hmac(key, part)
  return hmac(key, `${algorithm}\n${date}\n${credentialScope(date, scope)}\n${hash}`).toString('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

interface SignedHeaders {
  /** `a;b;c` */
  readonly names: string
  /** One line each, with its line feed. */
  readonly lines: string
}

/** The kind of body, and what AWS itself reads; the host is always covered. */
function coversUsual(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-amz-')
}

function signedHeaders({ target, headers, covers = coversUsual }: AwsRequest, set: readonly string[]): SignedHeaders {
  const values = new Map([['host', target.host]])
  for (const list of [headers, set]) {
    for (let index = 0; index + 1 < list.length; index += 2) {
      const name = list[index] ?? ''
      if (!covers(name)) continue
      const value = (list[index + 1] ?? '').trim().replace(/ +/g, ' ')
      const before = values.get(name)
      values.set(name, before === undefined ? value : `${before},${value}`)
    }
  }
  const sorted = [...values].sort(([one], [other]) => byBytes(one, other))
  return {
    names: sorted.map(([name]) => name).join(';'),
    lines: sorted.map(([name, value]) => `${name}:${value}\n`).join(''),
  }
}

function canonicalRequest(
  { method }: AwsRequest,
  target: Target,
  headers: SignedHeaders,
  hash: string,
  scope: AwsScope,
): string {
  const queryStart = target.path.indexOf('?')
  const path = queryStart === -1 ? target.path : target.path.slice(0, queryStart)
  const query = queryStart === -1 ? '' : target.path.slice(queryStart + 1)
  const parts = [method, canonicalPath(path, scope), canonicalQuery(query, scope), headers.lines, headers.names, hash]
  return parts.join('\n')
}

/** Encoded once for S3, and otherwise as it stands on the wire and then once more, with its dots and slashes resolved. */
function canonicalPath(path: string, scope: AwsScope): string {
  const bytes = isS3(scope) ? decodeBytes(path.replaceAll('+', ' ')) : resolveDots(path)
  return bytes.split('/').map(encodeBytes).join('/')
}

function resolveDots(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const last = path.endsWith('/') && kept.length > 0 ? '/' : ''
  return `/${kept.join('/')}${last}`
}

function canonicalQuery(query: string, scope: AwsScope): string {
  const pairs = formPairs(query)
  return (isS3(scope) ? firstOfEachName(pairs) : pairs)
    .map(([name, value]) => [encodeBytes(name), encodeBytes(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => byBytes(name, otherName) || byBytes(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Of a repeated name S3 reads the first alone. */
function firstOfEachName(pairs: readonly [name: string, value: string][]): [name: string, value: string][] {
  const firsts = new Map<string, [name: string, value: string]>()
  for (const pair of pairs) if (!firsts.has(pair[0])) firsts.set(pair[0], pair)
  return [...firsts.values()]
}
