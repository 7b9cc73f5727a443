import { hasScope, ProxyError } from '@proxy/core'
import type { RouteInput } from '../routes/route.js'
import type { RouteParts } from '../routes/route-parts.js'
import type { OAuthClient } from '../tokens/oauth-client.js'
import { parseScopes } from '../tokens/scope-names.js'
import { clientAuthentication, type OAuthFields, readOAuthFields } from './client-credentials.js'
import { introspection } from './introspection.js'
import { OAuthError, oauthAnswer, oauthErrorAnswer } from './oauth-error.js'
import { revocation } from './revocation.js'

export interface OAuthEndpoint {
  readonly method: 'POST'
  readonly path: string
  respond(request: Request, input: RouteInput): Promise<Response>
}

/** What an endpoint does once the client is proven. */
export type OAuthAction = (client: OAuthClient, fields: OAuthFields) => Promise<Response>

/** `POST /v1/oauth/token` (RFC 6749, 4.4), `/revoke` (RFC 7009) and `/introspect` (RFC 7662). */
export function oauthEndpoints(parts: RouteParts): readonly OAuthEndpoint[] {
  const authenticate = clientAuthentication(parts)

  function endpoint(path: string, act: OAuthAction, check: (fields: OAuthFields) => void): OAuthEndpoint {
    return {
      method: 'POST',
      path,
      async respond(request, input) {
        try {
          const fields = await readOAuthFields(request)
          check(fields)
          return await act(await authenticate(request, fields, input.remoteAddress), fields)
        } catch (error) {
          if (error instanceof OAuthError) return oauthErrorAnswer(error)
          if (error instanceof ProxyError && error.code === 'invalid_request') {
            return oauthErrorAnswer(new OAuthError('invalid_request', error.message))
          }
          throw error
        }
      },
    }
  }

  return [
    endpoint('/v1/oauth/token', issuing(parts), checkGrant),
    endpoint('/v1/oauth/revoke', revocation(parts), requireToken),
    endpoint('/v1/oauth/introspect', introspection(parts), requireToken),
  ]
}

function checkGrant(fields: OAuthFields): void {
  const grant = fields.get('grant_type')
  if (grant === undefined) throw new OAuthError('invalid_request', 'grant_type is missing.')
  if (grant !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials.')
  }
}

function requireToken(fields: OAuthFields): void {
  if (!fields.has('token')) throw new OAuthError('invalid_request', 'token is missing.')
}

function issuing({ tokens }: RouteParts): OAuthAction {
  return async (client, fields) => {
    const asked = fields.get('scope')
    const scopes = grantedScopes(client, asked)
    const { token, createdAt, lifetimeSeconds } = await tokens.issue(client, scopes)
    const scope = scopes.join(' ')
    return oauthAnswer({
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifetimeSeconds,
      created_at: createdAt,
      // Left out when it is what was asked for: an older client fails on keys that it does not know as text.
      ...(scope === (asked ?? '*') ? undefined : { scope }),
    })
  }
}

/** What the client asks for, or all that it holds. */
function grantedScopes(client: OAuthClient, asked: string | undefined): readonly string[] {
  if (asked === undefined) return client.scopes
  const scopes = parseScopes(asked)
  if (scopes === undefined) throw new OAuthError('invalid_scope', 'scope names a scope that does not exist.')
  const surplus = scopes.find((scope) => !hasScope(client.scopes, scope))
  if (surplus !== undefined) throw new OAuthError('invalid_scope', `The client does not hold the scope ${surplus}.`)
  return scopes
}
