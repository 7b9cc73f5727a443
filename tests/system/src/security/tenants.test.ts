import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  credentialOf,
  type Environment,
  environments,
  idOf,
  ids,
  keyOf,
  numbers,
  type Project,
  projects,
  startTenants,
  type Tenants,
  type User,
  users,
  withoutOccasion,
} from './tenants.js'

let tenants: Tenants

beforeAll(async () => {
  tenants = await startTenants()
})
afterAll(() => tenants.stop())
beforeEach(() => tenants.upstream.forget())

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
  const { callers, upstream } = tenants
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

describe('of three projects with two environments, three users and four accounts each', () => {
  it('a client reaches what it names in its own project, and nothing else', async () => {
    const attempts: Attempt[] = []
    for (const own of projects) {
      const bearer = await tenants.tokenOf(own)
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
          const bearer = await tenants.connectToken(own, bound, holder)
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
    const bearer = await tenants.connectToken('proj_a', 'development', 'user-1')
    const ask = (method: string, path: string, token = bearer) =>
      tenants.callers.send({ method, path: `/v1/connect/${path}`, headers: ['Authorization', `Bearer ${token}`] })
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
