import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  credentialOf,
  environments,
  ids,
  keyOf,
  projects,
  startTenants,
  type Tenants,
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
  readonly connection: string
  readonly key: string
  /** What the upstream must see; undefined when it must see nothing. */
  readonly credential: string | undefined
}

/** Makes every attempt and compares what the upstream saw, one by one. */
async function expectAll(attempts: readonly Attempt[]): Promise<void> {
  const { callers, upstream } = tenants
  const refusals = new Set<string>()
  const wanted = new Map<string, string>()
  await Promise.all(
    attempts.map(async ({ bearer, connection, key, credential }, number) => {
      const path = `/call-${number}`
      if (credential !== undefined) wanted.set(path, credential)
      const answer = await callers.send({
        path: `/proxy${path}`,
        headers: ['Authorization', `Bearer ${bearer}`, 'Provider-Config-Key', key, 'Connection-Id', connection],
      })
      expect(answer.status, `${bearer} ${connection}`).toBe(credential === undefined ? 400 : 200)
      if (credential === undefined) refusals.add(withoutOccasion(answer))
    }),
  )
  const seen = new Map(upstream.requests.map((request) => [request.url, request.values('x-api-key').join()]))
  expect(upstream.requests.length).toBe(wanted.size)
  expect(seen).toEqual(wanted)
  expect(refusals.size).toBeLessThanOrEqual(1)
}

describe('in Nango’s wire form, where the key alone says project and environment', () => {
  it('a key reaches the connections of its own scope', async () => {
    const attempts = projects.flatMap((project) =>
      environments.flatMap((environment) => [
        ...ids.map(({ id }) => ({
          ...{ bearer: keyOf(project, environment), connection: id, key: 'acme' },
          credential: credentialOf(project, environment, id),
        })),
        { bearer: keyOf(project, environment), connection: 'apn_nobody', key: 'acme', credential: undefined },
      ]),
    )
    await expectAll(attempts)
  })

  it('a connect token reaches its one user’s, and others are as if they were not there', async () => {
    const attempts: Attempt[] = []
    for (const project of projects)
      for (const environment of environments)
        for (const user of users) {
          const bearer = await tenants.connectToken(project, environment, user)
          for (const { id, owner } of [...ids, { id: 'apn_nobody', owner: undefined }]) {
            const credential = owner === user ? credentialOf(project, environment, id) : undefined
            attempts.push({ bearer, connection: id, key: 'acme', credential })
          }
        }
    expect(attempts).toHaveLength(3 * 2 * 3 * 13)
    await expectAll(attempts)
  })

  it('a browser’s token reads, writes and deletes no connection', async () => {
    const bearer = await tenants.connectToken('proj_a', 'development', 'user-1')
    const ask = (method: string, path: string, token = bearer, body?: string) =>
      tenants.callers.send({
        ...{ method, path, ...(body !== undefined && { body }) },
        headers: ['Authorization', `Bearer ${token}`, 'Content-Type', 'application/json'],
      })
    const one = '/connection/apn_user1n1?provider_config_key=acme'
    const given = JSON.stringify({ provider_config_key: 'acme', credentials: { type: 'API_KEY', apiKey: 'mine' } })
    for (const [method, path, body] of [
      ['GET', one],
      ['GET', `${one}&force_refresh=true&refresh_token=true`],
      ['DELETE', one],
      ['PATCH', one, '{"end_user":{"id":"user-2"}}'],
      ['GET', '/connections'],
      ['POST', '/connections', given],
      ['GET', '/integrations'],
      ['GET', '/providers'],
    ] as const) {
      const answer = await ask(method, path, bearer, body)
      expect([answer.status, answer.body], path).toEqual([403, expect.stringContaining('forbidden')])
      expect(answer.body).not.toContain(credentialOf('proj_a', 'development', 'apn_user1n1'))
    }
    const shown = await ask('GET', one, keyOf('proj_a', 'development'))
    expect([shown.status, shown.body]).toEqual([200, expect.stringContaining('proj_a.development.apn_user1n1')])
  })
})
