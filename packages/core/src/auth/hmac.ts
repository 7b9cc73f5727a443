import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { isHeaderValue, replaceHeaders } from '../headers.js'
import type { AuthStrategy, PrepareContext, PreparedAuth, RequestDescription } from '../ports/auth-strategy.js'
import { addQueryPairs } from '../target.js'
import type { Template } from '../template.js'
import { credentialHeaderName, requireHeaderValue } from './placement.js'
import { isQueryName } from './query.js'
import { readSettings, type Settings } from './settings.js'
import { compileSignedText, type SignedText } from './signed-text.js'

/**
 * `{ kind: hmac, key: …, string: "{{request.method}}\n{{request.path}}", name: x-signature }`: an HMAC over a text that
 * the app composes of the request, with a timestamp and a nonce where the vendor wants them.
 *
 * `key` with `key_encoding`; `hash` and `encoding` of the result; `string` is what is signed; `in`, `name` and `value`
 * say where the signature goes (`{{request.signature}}` in a header unless said otherwise). `timestamp` and `nonce` are
 * objects with a `format`, and `header` or `query` to send them.
 */
export const hmacStrategy: AuthStrategy = {
  kind: 'hmac',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const hmac = readHmac(settings, context)
    settings.done()
    return prepareHmac(hmac)
  },
}

interface Place {
  readonly in: 'header' | 'query'
  readonly name: string
}

interface HmacSettings {
  readonly key: Template
  readonly keyEncoding: (typeof keyEncodings)[number]
  readonly hash: string
  readonly encoding: (typeof encodings)[number]
  readonly string: SignedText
  readonly place: Place
  readonly value: SignedText
  readonly timestamp: Stamp
  readonly nonce: Stamp
}

/** A value made for each call, and where it is sent; undefined when the texts alone use it. */
interface Stamp {
  make(now: number): string
  readonly place: Place | undefined
}

const keyEncodings = ['utf8', 'base64', 'base64url', 'hex'] as const
const encodings = ['hex', 'hex-upper', 'base64', 'base64url'] as const
const hashes = ['sha256', 'sha1', 'sha384', 'sha512', 'md5'] as const

function readHmac(settings: Settings, { customFields }: PrepareContext): HmacSettings {
  const text = (name: string, withSignature: boolean, usual?: string) =>
    compileSignedText(usual ?? settings.requireText(name), settings.path(name), customFields, withSignature)
  return {
    key: settings.template('key'),
    keyEncoding: settings.oneOf('key_encoding', keyEncodings, 'utf8'),
    hash: settings.oneOf('hash', hashes, 'sha256'),
    encoding: settings.oneOf('encoding', encodings, 'hex'),
    string: text('string', false),
    place: readPlace(settings, settings.oneOf('in', ['header', 'query'], 'header'), 'name'),
    value: text('value', true, settings.text('value') ?? '{{request.signature}}'),
    timestamp: readStamp(settings, 'timestamp', timestampFormats, 'seconds'),
    nonce: readStamp(settings, 'nonce', nonceFormats, 'uuid'),
  }
}

function readPlace(settings: Settings, place: 'header' | 'query', setting: string): Place {
  const name = settings.requireText(setting)
  if (place === 'header') return { in: place, name: credentialHeaderName(name, settings.path(setting)) }
  if (!isQueryName(name)) throw new AppFault(settings.path(setting), 'must be printable ASCII without spaces')
  return { in: place, name }
}

const timestampFormats = {
  seconds: (now: number) => String(Math.floor(now / 1000)),
  milliseconds: (now: number) => String(now),
  iso: (now: number) => new Date(now).toISOString(),
  'iso-seconds': (now: number) => `${new Date(now).toISOString().slice(0, 19)}Z`,
  http: (now: number) => new Date(now).toUTCString(),
}

const nonceFormats = {
  uuid: () => randomUUID(),
  hex: () => randomBytes(16).toString('hex'),
}

function readStamp<T extends string>(
  settings: Settings,
  name: string,
  formats: Readonly<Record<T, (now: number) => string>>,
  usual: T,
): Stamp {
  if (!settings.has(name)) return { make: formats[usual], place: undefined }
  const group = settings.group(name)
  const format = group.oneOf('format', Object.keys(formats) as T[], usual)
  const place = (['header', 'query'] as const).find((candidate) => group.has(candidate))
  const stamp = { make: formats[format], place: place === undefined ? undefined : readPlace(group, place, place) }
  if (place === 'header' && group.has('query')) throw new AppFault(group.path('query'), 'cannot stand beside header')
  group.done()
  return stamp
}

function prepareHmac(settings: HmacSettings): PreparedAuth {
  const { place, timestamp, nonce, string, value } = settings
  const places = [timestamp.place, nonce.place, place].filter((one) => one !== undefined)
  return {
    kind: 'hmac',
    headerNames: places.filter((one) => one.in === 'header').map(({ name }) => name),
    queryNames: places.filter((one) => one.in === 'query').map(({ name }) => name),
    body: string.usesBody || value.usesBody ? 'bytes' : 'untouched',
    isSignature: true,
    inject(secret, request) {
      const values = secret.reveal()
      const stamps = { timestamp: timestamp.make(request.now), nonce: nonce.make(request.now), signature: '' }
      const set: { headers: string[]; query: string[] } = { headers: [], query: [] }
      const put = (where: Place | undefined, text: string) => {
        if (where?.in === 'query') set.query.push(where.name, text)
        else if (where !== undefined)
          set.headers.push(where.name, requireHeaderValue(text, isHeaderValue(text), where.name))
      }
      put(timestamp.place, stamps.timestamp)
      put(nonce.place, stamps.nonce)
      const stamped = withStamps(request, set.headers, set.query)
      const signature = sign(settings, values, string.pieces(values, stamped, stamps))
      put(
        place,
        value
          .pieces(values, stamped, { ...stamps, signature })
          .map(String)
          .join(''),
      )
      return set
    },
  }
}

/** The request as it will be but for the signature: what is sent along with it is signed too. */
function withStamps(
  request: RequestDescription,
  headers: readonly string[],
  query: readonly string[],
): RequestDescription {
  return {
    ...request,
    headers: headers.length === 0 ? request.headers : replaceHeaders(request.headers, headers),
    target: addQueryPairs(request.target, query),
  }
}

function sign(
  { key, keyEncoding, hash, encoding }: HmacSettings,
  values: CredentialValues,
  pieces: readonly (string | Buffer)[],
): string {
  const hmac = createHmac(hash, readKey(key.render(values), keyEncoding))
  for (const piece of pieces) hmac.update(piece)
  return encoding === 'hex-upper' ? hmac.digest('hex').toUpperCase() : hmac.digest(encoding)
}

const keyPatterns = {
  utf8: /^.+$/s,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
  hex: /^(?:[\da-f]{2})+$/i,
}

function readKey(text: string, encoding: (typeof keyEncodings)[number]): Buffer {
  if (keyPatterns[encoding].test(text)) return Buffer.from(text, encoding)
  throw new ProxyError('account_config_invalid', `The account's key for signing is empty or no ${encoding}.`)
}
