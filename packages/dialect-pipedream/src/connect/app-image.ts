import type { AppSummary } from '@proxy/core'
import { html, type Markup } from './html.js'

/** The app's logo, over its first letter for as long as there is none. */
export function appImage(app: AppSummary): Markup {
  const address = imageAddress(app)
  return html`<span class="logo" aria-hidden="true">${[...app.definition.name][0]?.toUpperCase()}${
    address !== undefined && html`<img src="${address}" alt="" loading="lazy" referrerpolicy="no-referrer">`
  }</span>`
}

/** Undefined for what is no https address. */
export function imageAddress({ definition }: AppSummary): string | undefined {
  const address = definition.img_src
  if (address === undefined || !/^https:\/\//i.test(address) || !URL.canParse(address)) return undefined
  return new URL(address).href
}
