import { type RunningServer, startServer, startUpstream, type Upstream } from '@proxy/test-support'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'

export const projects = ['proj_a', 'proj_b', 'proj_c'] as const
export const environments = ['development', 'production'] as const
export const users = ['user-1', 'user-2', 'user-3'] as const
export const numbers = [1, 2, 3, 4] as const

export type Project = (typeof projects)[number]
export type Environment = (typeof environments)[number]
export type User = (typeof users)[number]

/** The same ids in every project and environment, so that nothing but the scope tells the accounts apart. */
export function idOf(user: User, number: number): string {
  return `apn_${user.replace('-', '')}n${number}`
}

export const ids = users.flatMap((user) => numbers.map((number) => ({ id: idOf(user, number), owner: user })))

export function credentialOf(project: Project, environment: Environment, id: string): string {
  return `${project}.${environment}.${id}`
}

export function keyOf(project: Project, environment: Environment | 'both'): string {
  return `static-key-of-${project}-for-${environment}`
}

/** A server with three projects, each with two environments, three users and four accounts of each. */
export interface Tenants {
  readonly upstream: Upstream
  readonly callers: Callers
  readonly server: RunningServer
  /** An access token of a project's client. */
  tokenOf(project: Project): Promise<string>
  connectToken(project: Project, environment: Environment, user: User): Promise<string>
  stop(): Promise<void>
}

export async function startTenants(): Promise<Tenants> {
  const upstream = await startUpstream()
  const origin = `127.0.0.1:${upstream.port}`
  const server = await startServer({
    config: {
      network: { allowPrivate: [origin] },
      limits: { project: 'none' },
      projects: projects.map((id) => ({
        id,
        clients: [{ id: `client-of-${id}`, secret: `secret-of-${id}`, scopes: ['*'] }],
        secretKeys: [
          { key: keyOf(id, 'both') },
          ...environments.map((environment) => ({ environment, key: keyOf(id, environment) })),
        ],
      })),
      apps: [
        {
          name_slug: 'acme',
          name: 'Acme',
          auth_type: 'keys',
          custom_fields: [{ name: 'key', type: 'password' }],
          connect: { base_proxy_target_url: `http://${origin}`, allowed_domains: [origin], allow_http: true },
          auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' }],
        },
      ],
      accounts: projects.flatMap((project) =>
        environments.flatMap((environment) =>
          ids.map(({ id, owner }) => ({
            project,
            environment,
            id,
            external_user_id: owner,
            app: 'acme',
            custom_fields: { key: credentialOf(project, environment, id) },
          })),
        ),
      ),
    },
  })
  const callers = keepAliveCallers(server.port)
  return {
    upstream,
    callers,
    server,
    tokenOf: (project) => tokenOf(callers, project),
    connectToken: (project, environment, user) => connectToken(callers, project, environment, user),
    async stop() {
      callers.close()
      await server.stop()
      await upstream.stop()
    },
  }
}

async function tokenOf(callers: Callers, project: Project): Promise<string> {
  const answer = await callers.send({
    method: 'POST',
    path: '/v1/oauth/token',
    headers: ['Content-Type', 'application/json'],
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: `client-of-${project}`,
      client_secret: `secret-of-${project}`,
    }),
  })
  return (JSON.parse(answer.body) as { access_token: string }).access_token
}

async function connectToken(callers: Callers, project: Project, environment: Environment, user: User): Promise<string> {
  const answer = await callers.send({
    method: 'POST',
    path: `/v1/connect/${project}/tokens`,
    headers: [
      ...['Authorization', `Bearer ${keyOf(project, 'both')}`, 'X-Pd-Environment', environment],
      ...['Content-Type', 'application/json'],
    ],
    body: JSON.stringify({ external_user_id: user }),
  })
  return (JSON.parse(answer.body) as { token: string }).token
}

/** Everything that a caller sees of an answer, but for its time and its id. */
export function withoutOccasion({ status, rawHeaders, body }: QuickAnswer): string {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase()
    lines.push(name === 'date' || name === 'x-request-id' ? `${name}: …` : `${name}: ${rawHeaders[index + 1]}`)
  }
  return [status, ...lines, body].join('\n')
}
