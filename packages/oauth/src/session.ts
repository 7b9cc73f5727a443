import type {
  Account,
  App,
  CredentialValues,
  Moment,
  SessionBody,
  SessionSettings,
  Target,
  TokenSet,
} from '@proxy/core'
import { readAnswer } from './answer.js'
import type { ExchangeParts } from './exchange-parts.js'
import { statusFault } from './faults.js'
import { renderNamed } from './render.js'
import { tokenSet } from './token-set.js'

/** Logs in with the account's own fields, and takes the token of the session from the answer. */
export async function session(
  account: Account,
  app: App,
  settings: SessionSettings,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const values = account.values.reveal()
  const now = parts.clock.now()
  const moment = { now }
  const { type, body } = loginBody(settings.body, values, moment)
  const response = await parts.fetch(
    address(settings.url.resolve(account, app), renderNamed(settings.query, values, moment)),
    {
      method: settings.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'api-proxy',
        ...(type !== undefined && { 'content-type': type }),
        ...renderNamed(settings.headers, values, moment),
      },
      body,
    },
  )
  const answer = await readAnswer(response)
  const tokens = tokenSet(answer, settings.answer, now)
  if (tokens === undefined) throw statusFault(answer, settings.refusedStatuses)
  return { credentials: tokens.credentials, expiresAt: tokens.expiresAt, scopes: undefined }
}

function address({ origin, path }: Target, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? `${origin}${path}` : `${origin}${path}${path.includes('?') ? '&' : '?'}${text}`
}

function loginBody(
  body: SessionBody | undefined,
  values: CredentialValues,
  moment: Moment,
): { readonly type: string | undefined; readonly body: string | URLSearchParams | undefined } {
  switch (body?.type) {
    case undefined:
      return { type: undefined, body: undefined }
    case 'json':
      return { type: 'application/json', body: JSON.stringify(body.json.render(values, moment)) }
    case 'form':
      return {
        type: 'application/x-www-form-urlencoded',
        body: new URLSearchParams(renderNamed(body.fields, values, moment)),
      }
    case 'text':
      return { type: undefined, body: body.text.render(values, moment) }
  }
}
