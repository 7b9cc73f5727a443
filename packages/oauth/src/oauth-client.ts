import {
  type Account,
  type App,
  oauthClientDocumentId,
  oauthClientKind,
  oauthClientSealContext,
  ProxyError,
  type RefreshTokenSettings,
  Secret,
} from '@proxy/core'
import type { ExchangeParts } from './exchange-parts.js'

export interface OAuthClient {
  readonly id: string
  /** Undefined for a public client. */
  readonly secret: Secret<string> | undefined
}

type ClientParts = Omit<ExchangeParts, 'fetch'>

/** The client that the account's grant belongs to: the one that its project brought along, else the app's own. */
export async function findClient(
  account: Account,
  app: App,
  settings: RefreshTokenSettings,
  parts: ClientParts,
): Promise<OAuthClient> {
  if (account.oauthAppId !== undefined) return await readClient(account, account.oauthAppId, app, parts)
  const moment = { now: parts.clock.now() }
  const values = account.values.reveal()
  const id = settings.clientId?.render(values, moment)
  if (id === undefined || id === '') {
    throw unusable(
      account,
      `the app ${app.slug} has no OAuth client of its own: set oauth.client_id, or connect with one`,
    )
  }
  const secret = settings.clientSecret?.render(values, moment)
  return { id, secret: secret === undefined ? undefined : new Secret(secret) }
}

async function readClient(account: Account, id: string, app: App, parts: ClientParts): Promise<OAuthClient> {
  const { project } = account
  const document = await parts.documents.readDocument(oauthClientKind, oauthClientDocumentId(project, id))
  const record = document?.value
  if (typeof record !== 'object' || record === null) throw unusable(account, `its OAuth client ${id} does not exist`)
  const { client_id, client_secret, app: slug } = record as Readonly<Record<string, unknown>>
  if (typeof client_id !== 'string' || typeof client_secret !== 'string') {
    throw unusable(account, `its OAuth client ${id} cannot be read`)
  }
  // A client's secret goes to the token URL of its own app only.
  if (slug !== app.slug) throw unusable(account, `its OAuth client ${id} is one of another app`)
  return { id: client_id, secret: new Secret(open(client_secret, account, id, parts)) }
}

function open(stored: string, account: Account, id: string, { sealer }: ClientParts): string {
  if (sealer === undefined) return stored
  try {
    return sealer.open(stored, oauthClientSealContext(account.project, id)).toString()
  } catch {
    throw unusable(account, `the secret of its OAuth client ${id} does not open with the server's keys`)
  }
}

function unusable(account: Account, reason: string): ProxyError {
  const what = account.id === '' ? 'The account cannot be connected' : `The account ${account.id} cannot be renewed`
  return new ProxyError('account_config_invalid', `${what}: ${reason}.`, {
    details: { account_id: account.id },
  })
}
