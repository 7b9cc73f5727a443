import { AppFault } from '../app.js'
import { isHeaderName } from '../headers.js'
import type { PreparedAuth } from '../ports/auth-strategy.js'
import { cookieAuth } from './cookie.js'
import { headerAuth } from './header.js'
import { noneAuth } from './none.js'
import { credentialHeaderName } from './placement.js'
import { isQueryName, queryAuth } from './query.js'
import type { Settings } from './settings.js'

const token = '{{credentials.oauth_access_token}}'

/**
 * Where a token that was got by an exchange goes: `in` header, query, cookie or none, under `name`, as `value`. Without
 * any of them `Authorization: Bearer` and the token. `none` leaves it to the other entries of the app.
 */
export function tokenPlacement(kind: string, settings: Settings): PreparedAuth {
  const place = settings.oneOf('in', ['header', 'query', 'cookie', 'none'], 'header')
  if (place === 'none') {
    for (const name of ['name', 'value']) {
      if (settings.has(name)) throw new AppFault(settings.path(name), 'has no effect with in: none')
    }
    return noneAuth(kind)
  }
  if (place === 'header') {
    const name = credentialHeaderName(settings.text('name') ?? 'authorization', settings.path('name'))
    return headerAuth(kind, name, settings.template('value', name === 'authorization' ? `Bearer ${token}` : token))
  }
  const name = settings.requireText('name')
  const value = settings.template('value', token)
  const isName = place === 'query' ? isQueryName(name) : isHeaderName(name)
  if (!isName) throw new AppFault(settings.path('name'), `is not a valid ${place} name`)
  return place === 'query' ? queryAuth(kind, name, value) : cookieAuth(kind, name, value)
}
