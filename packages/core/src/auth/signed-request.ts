import { createHash } from 'node:crypto'
import { findHeader } from '../headers.js'
import { byBytes } from '../percent-bytes.js'
import type { RequestDescription } from '../ports/auth-strategy.js'

/** What a signature is made of besides the request. */
export interface SignatureParts {
  readonly timestamp: string
  readonly nonce: string
  /** Empty until it is made. */
  readonly signature: string
}

type RequestText = (request: RequestDescription, parts: SignatureParts) => string

const digests = (['md5', 'sha1', 'sha256', 'sha512'] as const).flatMap((hash): [string, RequestText][] => {
  const digest = ({ body }: RequestDescription) => createHash(hash).update(body ?? Buffer.alloc(0))
  return [
    [`body_${hash}`, (request) => digest(request).digest('hex')],
    [`body_${hash}_base64`, (request) => digest(request).digest('base64')],
  ]
})

/** The values of `{{request.…}}`, besides `headers.NAME`: the final request as it goes out. */
const requestTexts: ReadonlyMap<string, RequestText> = new Map<string, RequestText>([
  ['method', ({ method }) => method],
  ['url', ({ target }) => target.origin + target.path],
  /** With its port unless that is the usual one. */
  ['host', ({ target }) => target.host],
  ['path', ({ target }) => splitPath(target.path)[0]],
  /** Without its question mark. */
  ['query', ({ target }) => splitPath(target.path)[1]],
  /** The pairs of the query in the order of their bytes. */
  ['sorted_query', ({ target }) => splitPath(target.path)[1].split('&').sort(byBytes).join('&')],
  ['path_and_query', ({ target }) => target.path],
  ['body', ({ body }) => body?.toString('utf8') ?? ''],
  ...digests,
  ['timestamp', (_, { timestamp }) => timestamp],
  ['nonce', (_, { nonce }) => nonce],
  ['signature', (_, { signature }) => signature],
])

export const requestValueNames: readonly string[] = [...requestTexts.keys(), 'headers.NAME']

export function isRequestValue(name: string): boolean {
  return requestTexts.has(name) || /^headers\.[A-Za-z0-9_-]+$/.test(name)
}

/** The value of one name; an absent header is empty. */
export function requestText(request: RequestDescription, parts: SignatureParts, name: string): string {
  const known = requestTexts.get(name)
  if (known !== undefined) return known(request, parts)
  const header = name.slice('headers.'.length).toLowerCase()
  return header === 'host' ? request.target.host : (findHeader(request.headers, header) ?? '')
}

function splitPath(path: string): readonly [path: string, query: string] {
  const queryStart = path.indexOf('?')
  return queryStart === -1 ? [path, ''] : [path.slice(0, queryStart), path.slice(queryStart + 1)]
}
