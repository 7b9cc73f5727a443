import { connectedText } from './account-form.js'
import type { ConnectFault } from './connect-fault.js'
import { html } from './html.js'
import type { PageOptions } from './page.js'
import type { View } from './wish.js'

/** What a page needs to know of whom it belongs to; nothing is known of the owner of a bad link. */
export interface PageOwner {
  readonly view: View
  readonly hideClose: boolean
  readonly allowedOrigins: readonly string[] | undefined
}

export interface ConnectedEnd {
  readonly appName: string
  readonly projectName: string
  readonly accountId: string
  readonly redirect: string | undefined
}

/** The account is connected. */
export function connectedPage(
  owner: PageOwner,
  { appName, projectName, accountId, redirect }: ConnectedEnd,
): PageOptions {
  return {
    ...owner,
    title: `${appName} is connected`,
    outcome: { kind: 'connected', accountId },
    redirect: redirectOf(owner, redirect),
    content: html`${connectedText(appName, projectName)}
${wayOn(owner.view, redirect, projectName)}`,
  }
}

/** What went wrong, in words for the end user, and the way back. */
export function failedPage(
  owner: PageOwner,
  fault: ConnectFault,
  way: { readonly retry?: string | undefined; readonly redirect?: string | undefined } = {},
): PageOptions {
  return {
    ...owner,
    status: fault.status,
    title: 'Not connected',
    outcome: { kind: 'failed', code: fault.code, message: fault.message },
    redirect: redirectOf(owner, way.redirect),
    content: html`<h1>Not connected</h1>
<div class="alert" role="alert" tabindex="-1"><p>${fault.message}</p></div>
${way.retry !== undefined && html`<a class="primary" href="${way.retry}">Try again</a>`}
${way.redirect !== undefined && html`<p><a href="${way.redirect}">Go back</a></p>`}`,
  }
}

/** On the way to the vendor: a page rather than a redirect, since a form's policy would stop a redirect elsewhere. */
export function departurePage(owner: PageOwner, appName: string, address: string): PageOptions {
  return {
    ...owner,
    title: `To ${appName}`,
    redirect: { address, when: 'always' },
    content: html`<h1>Taking you to ${appName}</h1>
<p><a class="primary" href="${address}">Continue to ${appName}</a></p>`,
  }
}

/** A popup leaves it to the page that opened it. */
function redirectOf({ view }: PageOwner, address: string | undefined): PageOptions['redirect'] {
  if (address === undefined || view === 'popup') return undefined
  return { address, when: view === 'link' ? 'always' : 'unframed' }
}

function wayOn(view: View, redirect: string | undefined, projectName: string) {
  if (view === 'popup') return html`<p class="lead">You can close this window.</p>`
  return redirect !== undefined && html`<p><a class="primary" href="${redirect}">Back to ${projectName}</a></p>`
}
