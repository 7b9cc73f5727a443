import { AppFault } from '../app.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import type { SessionBody, SessionSettings } from '../ports/renewal.js'
import { readSettings, type Settings } from './settings.js'
import { tokenAnswer } from './token-answer.js'
import { tokenPlacement } from './token-placement.js'

/**
 * `{ kind: session, login: { url: …, json: {…} }, token: /token }`: a login whose answer holds the token of a session.
 *
 * `login` has `url`, `method`, `query`, `headers` and one of `json`, `form` and `text`. `token` says where the token
 * stands in the answer; `expires_in`, `expires_at` or `lifetime` when it ends; `also` names further values to keep.
 * `refused` lists the statuses that mean a wrong login; the account is dead then.
 */
export const sessionStrategy: AuthStrategy = {
  kind: 'session',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const placed = tokenPlacement('session', settings)
    const login = settings.group('login')
    const renewal: SessionSettings = {
      url: login.url('url'),
      method: login.oneOf('method', ['GET', 'POST', 'PUT'], 'POST'),
      query: login.templates('query'),
      headers: login.headers('headers'),
      body: readBody(login),
      answer: tokenAnswer(settings, {}),
      refusedStatuses: readStatuses(settings, 'refused') ?? [401, 403],
    }
    login.done()
    settings.done()
    if (renewal.method === 'GET' && renewal.body !== undefined) {
      throw new AppFault(login.path('method'), 'must be POST or PUT for a login with a body')
    }
    return { ...placed, renewal: { kind: 'session', settings: renewal, fromNothing: true } }
  },
}

function readBody(login: Settings): SessionBody | undefined {
  const [first, second] = (['json', 'form', 'text'] as const).filter((name) => login.has(name))
  if (second !== undefined) throw new AppFault(login.path(second), `cannot stand beside ${first}`)
  const json = login.json('json')
  if (json !== undefined) return { type: 'json', json }
  if (first === 'form') return { type: 'form', fields: login.templates('form') }
  return first === 'text' ? { type: 'text', text: login.template('text') } : undefined
}

function readStatuses(settings: Settings, name: string): readonly number[] | undefined {
  const value = settings.raw(name)
  if (value === undefined) return undefined
  const isStatus = (item: unknown) => Number.isInteger(item) && Number(item) >= 300 && Number(item) <= 599
  if (!Array.isArray(value) || !value.every(isStatus)) {
    throw new AppFault(settings.path(name), 'must be a list of statuses from 300 to 599')
  }
  return value
}
