import { AppFault } from './app.js'
import type { OAuthSettings } from './app-definition.js'
import type { BaseScope } from './base-template.js'
import { collectFault } from './collect-fault.js'
import type { AuthorizationSettings } from './ports/authorization.js'
import type { NamedTemplate, Renewal } from './ports/renewal.js'
import { compileTemplate } from './template.js'
import { parseTemplate, type TemplatePiece } from './template-syntax.js'
import { compileUrl } from './url-template.js'

/** The flow's own: a fixed value would break it or take its protection away. */
const ownParameters: ReadonlySet<string> = new Set([
  'state',
  'redirect_uri',
  'code_challenge',
  'code_challenge_method',
  'client_secret',
])

/** How grants are asked for; undefined when the app says only how they are refreshed, or nothing at all. */
export function compileAuthorization(
  oauth: OAuthSettings,
  refresh: Renewal | undefined,
  scope: BaseScope,
  faults: AppFault[],
): AuthorizationSettings | undefined {
  const { authorize_url } = oauth
  const parameters = compileParameters(oauth.authorize_params ?? {}, scope, faults)
  if (authorize_url === undefined || refresh?.kind !== 'refresh-token') return undefined
  return {
    url: compileUrl(authorize_url, scope, 'oauth.authorize_url'),
    parameters,
    scopes: oauth.scopes ?? [],
    scopeSeparator: oauth.scope_separator ?? ' ',
    pkce: oauth.pkce !== false,
    token: refresh.settings,
  }
}

function compileParameters(
  texts: Readonly<Record<string, string>>,
  scope: BaseScope,
  faults: AppFault[],
): readonly NamedTemplate[] {
  const compiled: NamedTemplate[] = []
  for (const [name, text] of Object.entries(texts)) {
    const field = `oauth.authorize_params.${name}`
    collectFault(faults, () => {
      if (ownParameters.has(name)) throw new AppFault(field, 'is not for the app to set')
      for (const piece of parseTemplate(text, field)) refuseSecrets(piece, scope, field)
      compiled.push({ name, value: compileTemplate(text, field) })
    })
  }
  return compiled
}

/** The address of an authorization request is seen by the browser and by whoever reads its history. */
function refuseSecrets(piece: TemplatePiece, scope: BaseScope, field: string): void {
  if (piece.kind === 'call') for (const parameter of piece.parameters) refuseSecrets(parameter, scope, field)
  if (piece.kind !== 'value') return
  const { source, name } = piece
  if (source === 'credentials' && name === 'client_id') return
  const declared = source === 'custom_fields' ? scope.customFields.get(name) : undefined
  if (source === 'custom_fields' && declared === undefined) {
    throw new AppFault(field, `uses custom_fields.${name}, which the app does not have`)
  }
  if (declared?.type === 'password' || source === 'credentials') {
    throw new AppFault(field, `uses ${source}.${name}, a secret, which must not stand in an address`)
  }
}
