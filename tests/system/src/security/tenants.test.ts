import { randomBytes } from 'node:crypto'
import { type RunningServer, startServer, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'

const projects = ['proj_a', 'proj_b', 'proj_c'] as const
const environments = ['development', 'production'] as const
const users = ['user-1', 'user-2', 'user-3'] as const
const numbers = [1, 2, 3, 4] as const

type Project = (typeof projects)[number]
type Environment = (typeof environments)[number]
type User = (typeof users)[number]

/** The same ids in every project and environment, so that nothing but the scope tells the accounts apart. */
function idOf(user: User, number: number): string {
  return `apn_${user.replace('-', '')}n${number}`
}

const ids = users.flatMap((user) => numbers.map((number) => ({ id: idOf(user, number), owner: user })))

function credentialOf(project: Project, environment: Environment, id: string): string {
  return `${project}.${environment}.${id}`
}

function keyOf(project: Project, environment: Environment | 'both'): string {
  return `static-key-of-${project}-for-${environment}`
}

let upstream: Upstream
let server: RunningServer
let callers: Callers

beforeAll(async () => {
  upstream = await startUpstream()
  const origin = `127.0.0.1:${upstream.port}`
  server = await startServer({
    config: {
      tokens: { signingKeys: [randomBytes(32).toString('base64')] },
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
  callers = keepAliveCallers(server.port)
})

afterAll(async () => {
  callers.close()
  await server.stop()
  await upstream.stop()
})

beforeEach(() => upstream.forget())

interface Attempt {
  readonly bearer: string
  readonly project: Project | undefined
  readonly environment: Environment | undefined
  readonly user: User | undefined
  readonly id: string
  /** What the upstream must see; undefined when it must see nothing. */
  readonly credential: string | undefined
}

let count = 0

/** Makes every attempt and compares what the upstream saw, one by one. */
async function expectAll(attempts: readonly Attempt[]): Promise<void> {
  const refusals = new Set<string>()
  const wanted = new Map<string, string>()
  await Promise.all(
    attempts.map(async (attempt) => {
      const { bearer, project, environment, user, id, credential } = attempt
      const mark = `/call-${count++}`
      if (credential !== undefined) wanted.set(mark, credential)
      const where = project === undefined ? '' : `/${project}`
      const named = user === undefined ? '' : `external_user_id=${user}&`
      const answer = await callers.send({
        path: `/v1/connect${where}/proxy/${Buffer.from(mark).toString('base64url')}?${named}account_id=${id}`,
        headers: [
          'Authorization',
          `Bearer ${bearer}`,
          ...(environment === undefined ? [] : ['X-Pd-Environment', environment]),
        ],
      })
      expect(answer.status, JSON.stringify(attempt)).toBe(credential === undefined ? 404 : 200)
      if (credential === undefined) refusals.add(withoutOccasion(answer))
    }),
  )
  const seen = new Map(upstream.requests.map((request) => [request.url, request.values('x-api-key').join()]))
  expect(upstream.requests.length).toBe(wanted.size)
  expect(seen).toEqual(wanted)
  expect(refusals.size).toBeLessThanOrEqual(1)
}

/** Everything that a caller sees of an answer, but for its time and its id. */
function withoutOccasion({ status, rawHeaders, body }: QuickAnswer): string {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase()
    lines.push(name === 'date' || name === 'x-request-id' ? `${name}: …` : `${name}: ${rawHeaders[index + 1]}`)
  }
  return [status, ...lines, body].join('\n')
}

async function tokenOf(project: Project): Promise<string> {
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

async function connectToken(project: Project, environment: Environment, user: User): Promise<string> {
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

describe('of three projects with two environments, three users and four accounts each', () => {
  it('a client reaches what it names in its own project, and nothing else', async () => {
    const attempts: Attempt[] = []
    for (const own of projects) {
      const bearer = await tokenOf(own)
      for (const project of projects)
        for (const environment of environments)
          for (const user of users)
            for (const { id, owner } of ids) {
              const isTheirs = project === own && owner === user
              const credential = isTheirs ? credentialOf(project, environment, id) : undefined
              attempts.push({ bearer, project, environment, user, id, credential })
            }
    }
    expect(attempts).toHaveLength(3 * 3 * 2 * 3 * 12)
    await expectAll(attempts)
  })

  it('a static key of one environment reaches that one alone', async () => {
    const attempts: Attempt[] = []
    for (const own of projects)
      for (const bound of environments)
        for (const project of projects)
          for (const environment of [undefined, ...environments])
            for (const { id, owner } of ids) {
              const isTheirs = project === own && (environment ?? bound) === bound
              const credential = isTheirs ? credentialOf(project, bound, id) : undefined
              attempts.push({ bearer: keyOf(own, bound), project, environment, user: owner, id, credential })
            }
    expect(attempts).toHaveLength(3 * 2 * 3 * 3 * 12)
    await expectAll(attempts)
  })

  it('a connect token reaches its one user’s, whatever else the call names', async () => {
    const attempts: Attempt[] = []
    for (const own of projects)
      for (const bound of environments)
        for (const holder of users) {
          const bearer = await connectToken(own, bound, holder)
          for (const project of [undefined, ...projects])
            for (const user of [undefined, ...users])
              for (const { id, owner } of ids) {
                // A browser’s client names an environment by default; the token’s own counts.
                const environment = environments[attempts.length % 2]
                const isTheirs = (project ?? own) === own && (user ?? holder) === holder && owner === holder
                const credential = isTheirs ? credentialOf(own, bound, id) : undefined
                attempts.push({ bearer, project, environment, user, id, credential })
              }
        }
    expect(attempts).toHaveLength(3 * 2 * 3 * 4 * 4 * 12)
    await expectAll(attempts)
  })

  it('management shows and deletes one’s own alone', async () => {
    const bearer = await connectToken('proj_a', 'development', 'user-1')
    const ask = (method: string, path: string, token = bearer) =>
      callers.send({ method, path: `/v1/connect/${path}`, headers: ['Authorization', `Bearer ${token}`] })
    const refusals = new Set<string>()
    for (const { id, owner } of ids) {
      const own = await ask('GET', `proj_a/accounts/${id}`)
      expect(own.status).toBe(owner === 'user-1' ? 200 : 404)
      for (const method of ['GET', 'DELETE']) {
        const foreign = [
          await ask(method, `proj_b/accounts/${id}`),
          await ask(method, `proj_b/accounts/${id}`, keyOf('proj_a', 'both')),
          await ask(method, 'proj_a/accounts/apn_nobody', keyOf('proj_a', 'both')),
          ...(owner === 'user-1' ? [] : [await ask(method, `proj_a/accounts/${id}`)]),
        ]
        for (const answer of foreign) {
          expect(answer.status).toBe(404)
          refusals.add(withoutOccasion(answer))
        }
      }
    }
    expect(refusals.size).toBe(1)
    const list = JSON.parse((await ask('GET', 'proj_a/accounts')).body) as { data: { id: string }[] }
    expect(list.data.map(({ id }) => id)).toEqual(numbers.map((number) => idOf('user-1', number)))
    const others = JSON.parse((await ask('GET', 'proj_a/accounts?external_user_id=user-2')).body) as { data: unknown[] }
    expect(others.data).toEqual([])
  })
})
