import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface SignedBy {
  readonly accessKeyId: string
  readonly region: string
}

/** Checks AWS Signature Version 4 of a request; a text says what is wrong. */
export function verifySignature(
  request: IncomingMessage,
  body: Buffer,
  service: string,
  secretOf: (accessKeyId: string) => string | undefined,
  nowMs: number,
): SignedBy | string {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    )
  const [, accessKeyId = '', day = '', region = '', signedService = '', signedHeaders = '', signature = ''] =
    match ?? []
  const secret = secretOf(accessKeyId)
  if (match === null) return 'MissingAuthenticationTokenException'
  if (secret === undefined) return 'UnrecognizedClientException'
  if (signedService !== service) return 'InvalidSignatureException'
  const date = String(request.headers['x-amz-date'])
  if (!date.startsWith(day) || Math.abs(timeOf(date) - nowMs) > 300_000) return 'InvalidSignatureException'
  const names = signedHeaders.split(';')
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => names.includes(name))) return 'InvalidSignatureException'
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  const canonical = [
    request.method,
    path,
    query,
    ...names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (parent, part) => createHmac('sha256', parent).update(part).digest(),
    `AWS4${secret}`,
  )
  const expected = createHmac('sha256', key).update(text).digest()
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
    ? { accessKeyId, region }
    : 'InvalidSignatureException'
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

/** `20260131T010203Z` as epoch milliseconds. */
function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
