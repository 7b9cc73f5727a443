import { createHash } from 'node:crypto'
import { script } from './assets/script.js'
import { styles } from './assets/styles.js'
import { attributes, html, type Markup } from './html.js'
import type { View } from './wish.js'

/** Asset paths name their content, so that a new release is never served with an old script. */
const assetVersion = createHash('sha256').update(script).update(styles).digest('hex').slice(0, 12)

/** How an attempt ended, for the script that tells the embedding page. */
export type Outcome =
  | { readonly kind: 'connected'; readonly accountId: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

export interface PageOptions {
  readonly status?: number
  readonly title: string
  readonly content: Markup
  readonly view: View
  readonly hideClose: boolean
  /** Origins that may embed the page and hear of its end; undefined for any. */
  readonly allowedOrigins: readonly string[] | undefined
  readonly outcome?: Outcome
  /** Where the browser goes at once: always, or unless the page is in somebody's frame. */
  readonly redirect?: { readonly address: string; readonly when: 'always' | 'unframed' } | undefined
  /** Addresses of images on the page. */
  readonly images?: readonly string[]
  readonly cookies?: readonly string[]
}

/** A page as an answer, with the headers that keep its token and its forms from others. */
export function pageAnswer(prefix: string, options: PageOptions): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': contentPolicy(options),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex, nofollow',
  })
  for (const cookie of options.cookies ?? []) headers.append('set-cookie', cookie)
  return new Response(document(prefix, options).markup, { status: options.status ?? 200, headers })
}

function document(prefix: string, options: PageOptions): Markup {
  const { title, content, view, hideClose, allowedOrigins, outcome, redirect } = options
  const body = attributes({
    class: view,
    'data-hide-close': hideClose,
    'data-origins': JSON.stringify(allowedOrigins ?? []),
    'data-status': `${prefix}/connect/status`,
    'data-outcome': outcome?.kind,
    'data-account': outcome?.kind === 'connected' ? outcome.accountId : undefined,
    'data-error': outcome?.kind === 'failed' ? outcome.message : undefined,
    'data-redirect': redirect?.address,
  })
  const asset = (name: string) => `${prefix}/_static/${name}?v=${assetVersion}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${redirect?.when === 'always' && html`<meta http-equiv="refresh" content="0; url=${redirect.address}">`}
<title>${title}</title>
<link rel="stylesheet" href="${asset('connect.css')}">
<script src="${asset('connect.js')}" defer></script>
</head>
<body${body}>
<main class="card">
<button type="button" class="close" aria-label="Close" hidden>×</button>
${content}
</main>
</body>
</html>
`
}

/** Nothing from elsewhere but the images named; no inline code; framed by those alone whom the token names. */
function contentPolicy({ view, allowedOrigins, images = [] }: PageOptions): string {
  const imageOrigins = [...new Set(images.map((image) => new URL(image).origin))]
  const ancestors = view === 'popup' ? ["'none'"] : (allowedOrigins ?? ['*'])
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    `img-src ${imageOrigins.length === 0 ? "'none'" : imageOrigins.join(' ')}`,
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
  ].join('; ')
}
