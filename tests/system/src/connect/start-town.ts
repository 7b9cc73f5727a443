import {
  freePort,
  type RunningServer,
  rawRequest,
  selfSignedCertificate,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'
import { type CustomerSite, startCustomerSite } from './customer-site.js'
import { type IdentityProvider, oauthClient, startIdentityProvider } from './identity-provider.js'

export const user = 'user-1'
const project = 'proj_town'
const client = { id: 'main', secret: 'secret-of-the-main-client-08a1' }

/** The built server over https, an API behind it, a vendor with a login, and a customer's site. */
export interface Town {
  readonly server: RunningServer
  /** `localhost` and the port: what the official client takes as `frontendHost`. */
  readonly host: string
  readonly upstream: Upstream
  readonly vendor: IdentityProvider
  readonly site: CustomerSite
  /** A connect token of `user`. */
  connectToken(wishes?: object): Promise<{ readonly token: string; readonly connect_link_url: string }>
  stop(): Promise<void>
}

export async function startTown(): Promise<Town> {
  // The public address stands in the configuration, so that the port must be known before the server has it.
  const [upstream, vendor, site, port] = await Promise.all([
    startUpstream(),
    startIdentityProvider(),
    startCustomerSite(),
    freePort(),
  ])
  const certificate = selfSignedCertificate()
  const config = configuration(port, upstream.port, vendor.origin)
  const server = await startServer({ config, certificate })
  const host = `localhost:${port}`

  async function post(path: string, body: object, headers: Record<string, string>): Promise<unknown> {
    const answer = await rawRequest(`https://${host}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ca: certificate.certificate,
    })
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text()}`)
    return answer.json()
  }

  return {
    server,
    host,
    upstream,
    vendor,
    site,
    async connectToken(wishes = {}) {
      const grant = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }
      const { access_token } = (await post('/v1/oauth/token', grant, {})) as { access_token: string }
      const headers = { authorization: `Bearer ${access_token}`, 'x-pd-environment': 'development' }
      const body = { external_user_id: user, ...wishes }
      return (await post(`/v1/connect/${project}/tokens`, body, headers)) as Awaited<ReturnType<Town['connectToken']>>
    },
    async stop() {
      await server.stop()
      await Promise.all([upstream.stop(), vendor.stop(), site.stop()])
    },
  }
}

function configuration(port: number, upstreamPort: number, vendorOrigin: string): Record<string, unknown> {
  const connect = {
    base_proxy_target_url: `http://localhost:${upstreamPort}`,
    allowed_domains: [`localhost:${upstreamPort}`],
    allow_http: true,
  }
  return {
    server: { port, publicUrl: `https://localhost:${port}` },
    network: { allowPrivate: ['127.0.0.1', '::1'], hosts: { localhost: '127.0.0.1' } },
    projects: [{ id: project, name: 'Town Hall', clients: [client] }],
    catalog: false,
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [
          {
            name: 'subdomain',
            label: 'Subdomain',
            format: 'host-label',
            description: 'The first part of your address at Acme',
          },
          { name: 'api_key', label: 'API key', type: 'password', description: 'Under Settings, API' },
          { name: 'seats', label: 'Seats', format: 'integer', optional: true },
        ],
        connect,
        auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
      },
      {
        name_slug: 'shop',
        name: 'Shop',
        auth_type: 'oauth',
        connect,
        auth: [{ kind: 'bearer' }],
        oauth: {
          authorize_url: `${vendorOrigin}/authorize`,
          token_url: `${vendorOrigin}/token`,
          client_id: oauthClient.id,
          client_secret: oauthClient.secret,
          scopes: ['read', 'write'],
        },
      },
    ],
  }
}
