import { type RawAnswer, rawRequest } from '@proxy/test-support'
import { accounts, project, secrets, user } from './configuration.js'
import type { World } from './start-world.js'

/** An access token of the project's main client. */
export async function accessToken(world: World): Promise<string> {
  const answer = await rawRequest(`${world.server.url}/v1/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'main', client_secret: secrets.mainClient }),
  })
  return (answer.json() as { access_token: string }).access_token
}

/** The URL of a proxied call for the account of `acme`, its target in unpadded base64url. */
export function proxyUrl(world: World, target: string): string {
  const encoded = Buffer.from(target).toString('base64url')
  const query = `external_user_id=${user}&account_id=${accounts.acme}`
  return `${world.server.url}/v1/connect/${project}/proxy/${encoded}?${query}`
}

/** Headers that every raw call needs. */
export function callHeaders(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' }
}

/** What an answer of this server's own must look like. */
export function refusalOf(answer: RawAnswer): { status: number; code: unknown; marked: unknown } {
  const { code } = answer.json() as { code: unknown }
  return { status: answer.status, code, marked: answer.headers['x-proxy-error'] }
}
