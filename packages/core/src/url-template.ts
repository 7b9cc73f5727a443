import { AppFault } from './app.js'
import { publicFields } from './auth/public-fields.js'
import { type BaseScope, compileBase } from './base-template.js'
import type { UrlTemplate } from './ports/renewal.js'
import { appendQuery } from './target.js'

/** Compiles a URL over public custom fields, by the rules of a base URL; it may end in a fixed query. */
export function compileUrl(text: string, scope: BaseScope, field: string): UrlTemplate {
  const queryStart = text.indexOf('?')
  const query = queryStart === -1 ? '' : text.slice(queryStart + 1)
  if (query.includes('{{')) throw new AppFault(field, 'must have no template in its query')
  const base = compileBase(queryStart === -1 ? text : text.slice(0, queryStart), scope, field)
  if (base.kind === 'none') throw new AppFault(field, 'must be a URL')
  return {
    text,
    resolve: (account, app) =>
      appendQuery(base.kind === 'fixed' ? base.target : base.resolve(publicFields(account, app)), query),
  }
}
