import { AppFault } from '../app.js'
import { isRecord } from '../app-shape.js'
import { isHeaderName } from '../headers.js'
import type { AnswerPlace, TokenAnswer } from '../ports/renewal.js'
import { isFieldName } from '../template-syntax.js'
import type { Settings } from './settings.js'

const longestLifetimeSeconds = 10 * 366 * 86_400

/**
 * Reads `token`, `expires_in`, `expires_at`, `lifetime` and `also`. A place is a JSON pointer as text, or one of
 * `{ json: pointer }`, `{ header: name }` and `{ cookie: name }`.
 */
export function tokenAnswer(
  settings: Settings,
  usual: { readonly token?: string; readonly expiresIn?: string },
): TokenAnswer {
  const optional = (name: string) => readPlace(settings.raw(name), settings.path(name))
  const token = optional('token') ?? readPlace(usual.token, settings.path('token'))
  if (token === undefined) throw new AppFault(settings.path('token'), 'is required')
  return {
    token,
    expiresIn: optional('expires_in') ?? readPlace(usual.expiresIn, settings.path('expires_in')),
    expiresAt: optional('expires_at'),
    lifetimeSeconds: settings.optionalWhole('lifetime', 1, longestLifetimeSeconds),
    also: readAlso(settings.raw('also'), settings.path('also')),
  }
}

function readAlso(value: unknown, field: string): TokenAnswer['also'] {
  if (value === undefined) return []
  if (!isRecord(value)) throw new AppFault(field, 'must be an object of names and places')
  return Object.entries(value).map(([name, item]) => {
    const place = readPlace(item, `${field}.${name}`)
    if (place === undefined || !isFieldName(name) || name === 'oauth_access_token') {
      throw new AppFault(`${field}.${name}`, 'cannot be the name of a further credential')
    }
    return { name, place }
  })
}

function readPlace(value: unknown, field: string): AnswerPlace | undefined {
  if (value === undefined) return undefined
  const [[from, text] = [], ...more] = typeof value === 'string' ? [['json', value]] : entriesOf(value)
  if (more.length > 0 || typeof text !== 'string') {
    throw new AppFault(field, 'must be a JSON pointer such as /data/token, or one of json, header and cookie')
  }
  if (from === 'json') {
    if (!/^(?:\/(?:[^~]|~[01])*)?$/.test(text)) throw new AppFault(field, 'must be a JSON pointer such as /data/token')
    return { from, pointer: text }
  }
  if (from !== 'header' && from !== 'cookie') throw new AppFault(field, 'must be one of json, header and cookie')
  if (!isHeaderName(text)) throw new AppFault(field, `is not a valid ${from} name`)
  return { from, name: from === 'header' ? text.toLowerCase() : text }
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : []
}
