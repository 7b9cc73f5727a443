import { isHeaderName, isHeaderValue, parseTarget, type RetryWish } from '@proxy/core'
import { connectionIdPattern, connectionIdText, integrationKeyPattern, integrationKeyText } from './names.js'
import type { Fault } from './refusal.js'
import { isRefusedUpstream } from './refused-headers.js'

const proxyPrefix = 'nango-proxy-'
const bearerPattern = /^bearer +(\S.*)$/i

/** What this wire form reads of a request's headers. */
export interface CallHeaders {
  bearer: string | undefined
  /** True when there is an `Authorization`, whatever it holds. */
  isAuthorized: boolean
  integration: string | undefined
  connection: string | undefined
  retries: string | undefined
  retryOn: string | undefined
  baseUrl: string | undefined
  contentType: string | undefined
  origin: string | undefined
  host: string | undefined
  /** The request came through another proxy or out of a browser, so that its peer's address says nothing of the caller. */
  isForwarded: boolean
  /** For the upstream: flat, lower case, the prefix taken off. */
  readonly forwarded: string[]
  /** What is wrong with them, for a proxied call. */
  readonly faults: Fault[]
}

/** One pass over the flat list. Never throws: faults count for proxied calls only. */
export function readHeaders(headers: readonly string[]): CallHeaders {
  const found: CallHeaders = {
    bearer: undefined,
    isAuthorized: false,
    integration: undefined,
    connection: undefined,
    retries: undefined,
    retryOn: undefined,
    baseUrl: undefined,
    contentType: undefined,
    origin: undefined,
    host: undefined,
    isForwarded: false,
    forwarded: [],
    faults: [],
  }
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase()
    const value = headers[index + 1] as string
    if (name.startsWith(proxyPrefix)) forward(found, name, value)
    else readers.get(name)?.(found, value, name)
  }
  return found
}

/** The faults of what a proxied call has to have. */
export function requiredFaults({ integration, connection }: CallHeaders): readonly Fault[] {
  return [
    ...(integration === undefined ? [missing('provider-config-key')] : []),
    ...(connection === undefined ? [missing('connection-id')] : []),
  ]
}

/** Undefined when the caller says nothing of retries. */
export function readRetryWish({ retries, retryOn }: CallHeaders): RetryWish | undefined {
  if (retries === undefined && retryOn === undefined) return undefined
  return {
    attempts: retries === undefined ? undefined : Number(retries),
    statuses: retryOn === undefined ? [] : retryOn.split(',').map(Number),
  }
}

type Reader = (found: CallHeaders, value: string, name: string) => void

const flag: Reader = (found, value, name) => {
  if (value !== 'true' && value !== 'false') found.faults.push(wrong(name, 'must be true or false'))
}

const forwardedMark: Reader = (found) => {
  found.isForwarded = true
}

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'authorization',
    (found, value) => {
      found.isAuthorized = true
      found.bearer = bearerPattern.exec(value)?.[1]?.trimEnd()
    },
  ],
  [
    'provider-config-key',
    (found, value, name) => {
      once(found, found.integration, name)
      if (!integrationKeyPattern.test(value)) found.faults.push(wrong(name, integrationKeyText))
      found.integration = value
    },
  ],
  [
    'connection-id',
    (found, value, name) => {
      once(found, found.connection, name)
      if (!connectionIdPattern.test(value)) {
        found.faults.push(wrong(name, connectionIdText))
      }
      found.connection = value
    },
  ],
  [
    'retries',
    (found, value, name) => {
      once(found, found.retries, name)
      if (!/^(?:\d|10)$/.test(value)) found.faults.push(wrong(name, 'must be a whole number from 0 to 10'))
      found.retries = value
    },
  ],
  [
    'retry-on',
    (found, value, name) => {
      once(found, found.retryOn, name)
      if (!/^\d+(?:,\d+)*$/.test(value)) found.faults.push(wrong(name, 'must be statuses such as 409,423'))
      found.retryOn = value
    },
  ],
  [
    'base-url-override',
    (found, value, name) => {
      once(found, found.baseUrl, name)
      if (value === '') return
      if (!isUrl(value)) found.faults.push(wrong(name, 'must be a URL such as https://api.example.com, or empty'))
      found.baseUrl = value
    },
  ],
  ['decompress', flag],
  ['forward-headers-on-redirect', flag],
  ['nango-is-sync', flag],
  ['nango-is-dry-run', flag],
  ['nango-is-script', flag],
  [
    'nango-activity-log-id',
    (found, value, name) => {
      if (value.length > 255) found.faults.push(tooLong(name))
    },
  ],
  [
    'content-type',
    (found, value, name) => {
      once(found, found.contentType, name)
      found.contentType = value
    },
  ],
  [
    'origin',
    (found, value) => {
      found.origin ??= value
    },
  ],
  [
    'host',
    (found, value) => {
      found.host ??= value
    },
  ],
  ['forwarded', forwardedMark],
  ['x-forwarded-for', forwardedMark],
  ['x-forwarded-host', forwardedMark],
  ['x-real-ip', forwardedMark],
  ['via', forwardedMark],
  // A browser's: pages send it where they send no Origin, as for an image.
  ['sec-fetch-site', forwardedMark],
])

function forward(found: CallHeaders, sent: string, value: string): void {
  const name = sent.slice(proxyPrefix.length)
  if (!isHeaderName(name)) found.faults.push(wrong(sent, 'must name a header'))
  else if (isRefusedUpstream(name)) found.faults.push(wrong(sent, 'frames the request and cannot be set'))
  else if (!isHeaderValue(value)) found.faults.push(wrong(sent, 'has a value that HTTP does not allow'))
  else found.forwarded.push(name, value)
}

function isUrl(text: string): boolean {
  try {
    parseTarget(text)
    return true
  } catch {
    return false
  }
}

function once(found: CallHeaders, before: string | undefined, name: string): void {
  if (before !== undefined) found.faults.push(wrong(name, 'is repeated'))
}

function missing(name: string): Fault {
  return { code: 'invalid_type', message: 'is required', path: [name] }
}

function wrong(name: string, message: string): Fault {
  return { code: 'invalid_string', message, path: [name] }
}

function tooLong(name: string): Fault {
  return { code: 'too_big', message: 'must be at most 255 characters', path: [name] }
}
