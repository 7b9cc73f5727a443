import type { InstallationKeys } from './data-folder.js'

export const demo = {
  project: 'proj_demo',
  client: 'demo',
  user: 'user-1',
  account: 'apn_demo1',
} as const

export interface DemoPlaces {
  readonly port: number
  readonly upstreamPort: number
  /** Undefined when nothing can be kept. */
  readonly file: string | undefined
}

/** The configuration of a server that was given none, as the text of a file. */
export function demoConfig(keys: InstallationKeys, { port, upstreamPort, file }: DemoPlaces): string {
  const upstream = `127.0.0.1:${upstreamPort}`
  return JSON.stringify({
    server: { host: '127.0.0.1', port },
    storage: { kind: 'memory', ...(file !== undefined && { file }) },
    encryption: { keys: [keys.encryptionKey] },
    tokens: { signingKeys: [keys.signingKey] },
    network: { allowPrivate: [upstream] },
    projects: [
      { id: demo.project, name: 'Demo', clients: [{ id: demo.client, secret: keys.clientSecret, scopes: ['*'] }] },
    ],
    apps: [
      {
        name_slug: 'demo',
        name: 'Demo upstream',
        description: 'Answers on this machine with what it was sent',
        auth_type: 'keys',
        custom_fields: [{ name: 'api_key', label: 'API key', type: 'password' }],
        connect: { base_proxy_target_url: `http://${upstream}`, allowed_domains: [upstream] },
        auth: [{ kind: 'bearer', token: '{{custom_fields.api_key}}' }],
      },
    ],
    accounts: [
      {
        project: demo.project,
        environment: 'development',
        id: demo.account,
        external_user_id: demo.user,
        app: 'demo',
        name: 'The demo account',
        custom_fields: { api_key: keys.demoApiKey },
      },
    ],
  })
}
