import type { QueryFields } from '../read-fields.js'
import { ConnectFault } from './connect-fault.js'

/**
 * Where a page stands: in a frame of the official browser client, in the window that it opens for an authorization, or
 * in a tab of its own, reached by a link.
 */
export type View = 'frame' | 'popup' | 'link'

/** What the address of a page asks for; its forms carry it on. */
export interface Wish {
  readonly token: string
  /** Slug or id. */
  readonly app: string | undefined
  readonly oauthAppId: string | undefined
  readonly accountId: string | undefined
  readonly hideClose: boolean
  readonly view: View
  /** Names one attempt, so that the framed page hears how its popup ended. */
  readonly flow: string | undefined
  /** Words to find an app by. */
  readonly search: string
}

/** From the query of a page, or the fields of its form. Throws for a name that stands there twice. */
export function readWish(fields: QueryFields): Wish {
  const one = (name: string): string | undefined => {
    const value = fields[name]
    if (value === undefined || typeof value === 'string') return value === '' ? undefined : value
    throw new ConnectFault('invalid_request', `This link names ${name} twice.`)
  }
  const isLink = one('connectLink') === 'true'
  return {
    token: one('token') ?? '',
    app: one('app'),
    oauthAppId: one('oauthAppId'),
    accountId: one('accountId'),
    hideClose: one('hideClose') === 'true',
    view: isLink ? 'link' : one('view') === 'popup' ? 'popup' : 'frame',
    flow: one('flow'),
    search: (one('q') ?? '').trim().slice(0, 100),
  }
}

/** The parameters that lead to the same page, or with another app to that app's. */
export function wishParameters(wish: Wish): Readonly<Record<string, string>> {
  return {
    token: wish.token,
    ...(wish.app !== undefined && { app: wish.app }),
    ...(wish.oauthAppId !== undefined && { oauthAppId: wish.oauthAppId }),
    ...(wish.accountId !== undefined && { accountId: wish.accountId }),
    ...(wish.hideClose && { hideClose: 'true' }),
    ...(wish.view === 'link' && { connectLink: 'true' }),
    ...(wish.view === 'popup' && { view: 'popup' }),
  }
}
