import { createHash, createHmac, randomUUID } from 'node:crypto'
import { formatTime, isoFormat } from './format-time.js'
import { encodeBytes, utf8Bytes } from './percent-bytes.js'

/** The moment of a call, for `now()`. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly now: number
  /** The value of `{{request.name}}`, in texts that are signed. */
  readonly request?: (name: string) => string
}

export interface TemplateFunction {
  readonly least: number
  readonly most: number
  call(parameters: readonly string[], moment: Moment | undefined): string
}

/** What `{{name(…)}}` may call. Several texts are joined before they are encoded or hashed. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  /** `base64(text, …)` of the UTF-8 bytes. */
  ['base64', { least: 1, most: 8, call: (texts) => Buffer.from(texts.join(''), 'utf8').toString('base64') }],
  /** `sha256(text, …)` in lower-case hex. */
  ['sha256', { least: 1, most: 8, call: (texts) => createHash('sha256').update(texts.join('')).digest('hex') }],
  /** `hmac(key, text, …)`: HMAC-SHA-256 in lower-case hex. */
  [
    'hmac',
    {
      least: 2,
      most: 8,
      call: ([key = '', ...texts]) => createHmac('sha256', key).update(texts.join('')).digest('hex'),
    },
  ],
  /** `lower(text, …)` and `upper(text, …)`. */
  ['lower', { least: 1, most: 8, call: (texts) => texts.join('').toLowerCase() }],
  ['upper', { least: 1, most: 8, call: (texts) => texts.join('').toUpperCase() }],
  /** `url_encode(text, …)`: all but the unreserved characters of RFC 3986, 2.3. */
  ['url_encode', { least: 1, most: 8, call: (texts) => encodeBytes(utf8Bytes(texts.join(''))) }],
  /** `now()` in whole epoch seconds. */
  ['now', { least: 0, most: 0, call: (_, moment) => String(Math.floor(requireMoment(moment).now / 1000)) }],
  /** `time('YYYY-MM-DDTHH:mm:ss[Z]')`: the moment of the call in UTC, see `formatTime`; ISO 8601 without a format. */
  [
    'time',
    { least: 0, most: 1, call: ([format], moment) => formatTime(requireMoment(moment).now, format ?? isoFormat) },
  ],
  /** `uuid()`, a random version 4. */
  ['uuid', { least: 0, most: 0, call: () => randomUUID() }],
])

function requireMoment(moment: Moment | undefined): Moment {
  if (moment === undefined) throw new Error('a template with a time in it was rendered without the moment of the call')
  return moment
}
