import type { QueryFields } from '../read-fields.js'
import { jsonAnswer } from '../routes/route.js'
import type { RouteParts } from '../routes/route-parts.js'
import { accountForm } from './account-form.js'
import { authorizationStates } from './authorization-state.js'
import { browserCookies } from './browser-cookie.js'
import { chooseAppPage } from './choose-app.js'
import { connectAccount, fieldFaultOf, tellFailure } from './connect-account.js'
import { ConnectFault, toConnectFault } from './connect-fault.js'
import { connectedPage, departurePage, failedPage, type PageOwner } from './end-pages.js'
import { flowOutcomes } from './flow-outcomes.js'
import type { FieldFaults } from './form-fields.js'
import { depart } from './oauth-departure.js'
import { arrive, exchange, wishOf } from './oauth-return.js'
import { type PageOptions, pageAnswer } from './page.js'
import { type AppSession, openSession, requireApp, type Session } from './session.js'
import { readTypedFields, shownAgain } from './typed-fields.js'
import { webhookSender } from './webhooks.js'
import { readWish, type Wish, wishParameters } from './wish.js'

/** Reads what a request carries; throws a fault that has a page. */
type Read<T> = () => Promise<T> | T

/** The pages of the connect flow. None rejects: what goes wrong has a page too. */
export interface ConnectPages {
  show(read: Read<QueryFields>): Promise<Response>
  submit(read: Read<QueryFields>): Promise<Response>
  callback(client: string, read: Read<QueryFields>, cookieHeader: string | null): Promise<Response>
  /** JSON, for the framed page that waits for its popup. */
  status(read: Read<QueryFields>): Promise<Response>
  nothingHere(): Response
}

/** `prefix`: the path under which callers reach the server. */
export function connectPages(parts: RouteParts, prefix: string): ConnectPages {
  const { storage, clock, baseUrl } = parts
  const send = webhookSender(parts.webhooks, clock)
  const outcomes = flowOutcomes(storage, clock)
  const states = authorizationStates({ documents: storage, sealer: parts.sealer, clock })
  const oauth = { routes: parts, states, cookies: browserCookies(baseUrl) }

  function form(session: AppSession, faults: FieldFaults = new Map(), sent: QueryFields = {}): Response {
    const state = {
      typed: shownAgain(session.app, sent),
      faults,
      isReconnect: session.account !== undefined,
      focuses: session.wish.view !== 'frame',
    }
    return pageAnswer(prefix, accountForm(session, state, prefix))
  }

  function connected(session: AppSession, accountId: string, cookies: readonly string[] = []): Response {
    const { app, projectName, token } = session
    const { successRedirectUri } = token.record
    const redirect = withParameters(successRedirectUri, { account_id: accountId, app: app.slug })
    const end = { appName: app.definition.name, projectName, accountId, redirect }
    return pageAnswer(prefix, { ...connectedPage(ownerOf(session.wish, session), end), cookies })
  }

  /** Rejects with what has no page: a fault of ours, which the operator is to see. */
  function failed(error: unknown, wish: Wish | undefined, session?: Session): PageOptions {
    const fault = toConnectFault(error)
    const uri = session?.token.record.errorRedirectUri
    const isPopup = wish?.view === 'popup'
    const query = wish === undefined ? '' : new URLSearchParams(wishParameters(wish)).toString()
    return failedPage(ownerOf(wish, session), fault, {
      retry: session === undefined || isPopup ? undefined : `${prefix}/_static/connect.html?${query}`,
      redirect: withParameters(uri, { error: fault.code }),
    })
  }

  async function submitForm(sent: QueryFields, session: AppSession): Promise<Response> {
    const { app, account, wish } = session
    const { values, faults } = readTypedFields(app, sent, account !== undefined)
    if (faults.size > 0) return form(session, faults, sent)
    try {
      if (app.definition.auth_type !== 'oauth') {
        return connected(session, (await connectAccount(parts, session, { fields: values }, send)).id)
      }
      const { address, cookie } = await depart(oauth, session, values)
      const page = departurePage(ownerOf(wish, session), app.definition.name, address)
      return pageAnswer(prefix, { ...page, cookies: [cookie] })
    } catch (error) {
      const fieldFaults = fieldFaultOf(app, error)
      if (fieldFaults === undefined) throw error
      return form(session, fieldFaults, sent)
    }
  }

  return {
    async show(read) {
      let wish: Wish | undefined
      try {
        wish = readWish(await read())
        const session = await openSession(parts, wish)
        if (session.app === undefined) return pageAnswer(prefix, chooseAppPage(session, parts.apps.list(), prefix))
        return form(requireApp(session))
      } catch (error) {
        return pageAnswer(prefix, failed(error, wish))
      }
    },
    async submit(read) {
      let wish: Wish | undefined
      let session: AppSession | undefined
      try {
        const sent = await read()
        wish = readWish(sent)
        session = requireApp(await openSession(parts, wish))
        return await submitForm(sent, session)
      } catch (error) {
        return pageAnswer(prefix, failed(error, wish, session))
      }
    },
    async callback(client, read, cookieHeader) {
      let wish: Wish | undefined
      let session: Session | undefined
      let cookies: readonly string[] = []
      try {
        const query = await read()
        const { state, cookie } = await arrive(oauth, query, cookieHeader)
        cookies = [cookie]
        wish = wishOf(state)
        session = await openSession(parts, wish)
        const { session: proven, values } = await exchange(oauth, client, state, query)
        const { id } = await connectAccount(parts, proven, values, send)
        await outcomes.save(wish.flow, { status: 'connected', account: id })
        return connected(proven, id, cookies)
      } catch (error) {
        const fault = toConnectFault(error)
        await outcomes.save(wish?.flow, { status: 'failed', error: fault.message })
        if (session !== undefined) await tellFailure(session, fault, send)
        return pageAnswer(prefix, { ...failed(fault, wish, session), cookies })
      }
    },
    async status(read) {
      try {
        const { flow } = readWish(await read())
        const outcome = flow === undefined ? undefined : await outcomes.find(flow)
        return jsonAnswer(outcome ?? { status: 'pending' })
      } catch (error) {
        const { code, message, status } = toConnectFault(error)
        return jsonAnswer({ status: 'unknown', error: message, code }, status)
      }
    },
    nothingHere: () => pageAnswer(prefix, failed(new ConnectFault('not_found', 'There is no such page.'), undefined)),
  }
}

function ownerOf(wish: Wish | undefined, session: Session | undefined): PageOwner {
  return {
    view: wish?.view ?? 'frame',
    hideClose: wish?.hideClose ?? false,
    allowedOrigins: session?.token.record.allowedOrigins,
  }
}

function withParameters(address: string | undefined, parameters: Readonly<Record<string, string>>): string | undefined {
  if (address === undefined) return undefined
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
