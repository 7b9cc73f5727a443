import type { AppSummary } from '@proxy/core'
import { isAllowed } from '../tokens/connect-token-record.js'
import { appImage, imageAddress } from './app-image.js'
import { attributes, html, type Markup } from './html.js'
import type { PageOptions } from './page.js'
import type { Session } from './session.js'
import { type Wish, wishParameters } from './wish.js'

/** Rows on one page; more are found by searching. */
const shownMost = 100

/** The page on which the end user picks what to connect. */
export function chooseAppPage(session: Session, apps: readonly AppSummary[], prefix: string): PageOptions {
  const { wish, projectName, token } = session
  const address = `${prefix}/_static/connect.html`
  const offered = apps.filter((app) => isConnectable(app) && isAllowed(token.record, app.slug))
  const found = offered.filter((app) => fits(app, wish.search)).sort(byWeight)
  const shown = found.slice(0, shownMost)
  return {
    title: 'Choose what to connect',
    view: wish.view,
    hideClose: wish.hideClose,
    allowedOrigins: token.record.allowedOrigins,
    images: shown.flatMap((app) => imageAddress(app) ?? []),
    content: html`<h1>What do you want to connect to ${projectName}?</h1>
<form class="search" role="search" action="${address}" method="get">
${hiddenInputs(wish)}
<label for="q">Search apps</label>
<div class="row"><input id="q" name="q" type="search" autocomplete="off" value="${wish.search}"><button>Search</button></div>
</form>
<p class="count" role="status"${attributes({ 'data-all': found.length === shown.length })}>${countText(found.length, shown.length)}</p>
<ul class="apps">
${shown.map((app) => row(app, wish, address))}
</ul>`,
  }
}

/** What a form carries on from the address of its page. */
export function hiddenInputs(wish: Wish): readonly Markup[] {
  return Object.entries(wishParameters(wish)).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
}

function row(app: AppSummary, wish: Wish, address: string): Markup {
  const query = new URLSearchParams({ ...wishParameters(wish), app: app.slug })
  return html`<li><a href="${address}?${query.toString()}">${appImage(app)}<span>${app.definition.name}</span></a></li>
`
}

function isConnectable({ definition: { auth_type: type, oauth } }: AppSummary): boolean {
  return type !== 'oauth' || (oauth?.authorize_url !== undefined && oauth.token_url !== undefined)
}

function fits({ definition, slug }: AppSummary, search: string): boolean {
  const text = search.toLowerCase()
  return [definition.name, slug, ...(definition.aliases ?? [])].some((name) => name.toLowerCase().includes(text))
}

function byWeight({ definition: one }: AppSummary, { definition: other }: AppSummary): number {
  const weight = (other.featured_weight ?? 0) - (one.featured_weight ?? 0)
  return weight === 0 ? one.name.localeCompare(other.name, 'en') : weight
}

function countText(found: number, shown: number): string {
  if (found === 0) return 'No app has this name.'
  if (shown < found) return `${shown} of ${found} apps. Search to see others.`
  return found === 1 ? '1 app' : `${found} apps`
}
