import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface IdentityProvider {
  readonly origin: string
  /** Queries of the authorization requests, and forms of the token requests, in their order. */
  readonly authorizations: readonly URLSearchParams[]
  readonly tokenRequests: readonly URLSearchParams[]
  /** Access tokens given out. */
  readonly accessTokens: readonly string[]
  stop(): Promise<void>
}

interface Code {
  readonly challenge: string | null
  readonly redirectUri: string | null
}

export const oauthClient = { id: 'client-of-the-proxy', secret: 'secret-of-the-client-51ce' }

/**
 * A vendor with a login page, an agreement and PKCE (RFC 7636). It refuses frames and cuts the tie to the window that
 * opened its own, as real ones do.
 */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const codes = new Map<string, Code>()
  const authorizations: URLSearchParams[] = []
  const tokenRequests: URLSearchParams[] = []
  const accessTokens: string[] = []

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    authorizations.push(query)
    const code = randomBytes(16).toString('hex')
    codes.set(code, { challenge: query.get('code_challenge'), redirectUri: query.get('redirect_uri') })
    const back = (parameters: Record<string, string>): string => {
      const url = new URL(query.get('redirect_uri') ?? '')
      for (const [name, value] of Object.entries({ ...parameters, state: query.get('state') ?? '' })) {
        url.searchParams.set(name, value)
      }
      return url.href.replaceAll('&', '&amp;')
    }
    response.writeHead(200, {
      'content-type': 'text/html',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    })
    response.end(`<!doctype html><title>Shop</title><h1>Shop</h1>
<a href="${back({ code })}">Allow</a> <a href="${back({ error: 'access_denied' })}">Deny</a>`)
  }

  function token(form: URLSearchParams, response: ServerResponse): void {
    tokenRequests.push(form)
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isGood =
      form.get('grant_type') === 'authorization_code' &&
      form.get('client_id') === oauthClient.id &&
      form.get('client_secret') === oauthClient.secret &&
      code?.redirectUri === form.get('redirect_uri') &&
      code?.challenge === challenge
    const accessToken = `access-${randomBytes(12).toString('hex')}`
    if (isGood) accessTokens.push(accessToken)
    response.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        isGood
          ? { access_token: accessToken, refresh_token: 'refresh-1', expires_in: 3600, token_type: 'bearer' }
          : { error: 'invalid_grant' },
      ),
    )
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://vendor.test')
    const body = Buffer.concat(await request.toArray()).toString()
    if (url.pathname === '/authorize') authorize(url.searchParams, response)
    else if (url.pathname === '/token') token(new URLSearchParams(body), response)
    else response.writeHead(204).end()
  }

  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://localhost:${port}`,
    authorizations,
    tokenRequests,
    accessTokens,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
