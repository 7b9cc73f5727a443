import { type Account, type App, ProxyError } from '@proxy/core'
import { accountJson } from '../routes/account-json.js'
import type { RouteParts } from '../routes/route-parts.js'
import { type AccountBody, createAccount, reconnectAccount } from '../routes/save-account.js'
import { choiceOf } from '../tokens/connect-token-record.js'
import { type ConnectFault, invalidLink } from './connect-fault.js'
import type { FieldFaults } from './form-fields.js'
import type { AppSession, Session } from './session.js'
import type { SendWebhook } from './webhooks.js'

/** What the account is made of: custom fields, and for OAuth the grant. */
export type AccountValues = Partial<Pick<AccountBody, 'credentials' | 'authorized_scopes'>> & {
  readonly fields: Readonly<Record<string, string>>
}

/** Stores the account and ends the token, in either order only once. Throws what the account lacks. */
export async function connectAccount(
  parts: RouteParts,
  session: AppSession,
  values: AccountValues,
  send: SendWebhook,
): Promise<Account> {
  const { token, app, account, oauthApp } = session
  const { record, id } = token
  const { fields, ...grant } = values
  const body: AccountBody = { ...emptyBody, ...grant, app_slug: app.slug, cfmap_json: JSON.stringify(fields) }
  const externalIdPrefix = choiceOf(record, app.slug)?.externalIdPrefix
  const owner = { ...record, oauthAppId: oauthApp?.id, externalIdPrefix }
  if (!(await parts.connectTokens.delete(id))) throw invalidLink()
  let stored: Account
  try {
    stored =
      account === undefined
        ? await createAccount(parts, owner, app, body)
        : await reconnectAccount(parts, owner, app, account.id, body)
  } catch (error) {
    await parts.connectTokens.restore(token)
    throw error
  }
  await parts.authenticator.revoke(id, token.expiresAt)
  const { webhookUri, project, environment, externalUserId } = record
  await send(webhookUri, project, {
    event: 'CONNECTION_SUCCESS',
    project_id: project,
    environment,
    external_user_id: externalUserId,
    account: accountJson(stored, parts.apps, false),
  })
  return stored
}

/** Tells the project that an end user did not get through. */
export async function tellFailure({ token: { record }, app }: Session, fault: ConnectFault, send: SendWebhook) {
  const { webhookUri, project, environment, externalUserId } = record
  await send(webhookUri, project, {
    event: 'CONNECTION_ERROR',
    project_id: project,
    environment,
    external_user_id: externalUserId,
    app: app?.slug ?? null,
    error: fault.message,
    code: fault.code,
  })
}

/** The field that an error speaks of, with what it says; undefined when it is about something else. */
export function fieldFaultOf({ definition }: App, error: unknown): FieldFaults | undefined {
  if (!(error instanceof ProxyError) || typeof error.details?.field !== 'string') return undefined
  const name = error.details.field.replace(/^(?:custom_fields|cfmap_json)\./, '')
  const isOnForm = definition.custom_fields?.some((field) => field.name === name)
  return isOnForm ? new Map([[name, error.message]]) : undefined
}

const emptyBody: AccountBody = {
  app_slug: undefined,
  cfmap_json: undefined,
  connect_token: undefined,
  name: undefined,
  account_id: undefined,
  credentials: undefined,
  authorized_scopes: undefined,
}
