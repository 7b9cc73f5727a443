import { describe, expect, it } from 'vitest'
import { type Bench, createBench } from '../../testing/bench.js'

const scope = { project: 'proj_demo', environment: 'development' } as const
const shop = { type: 'OAUTH2', access_token: 'token' }

function createShop(bench: Bench, id: string, expiresAt: unknown) {
  const credentials = { ...shop, expires_at: expiresAt }
  const json = { provider_config_key: 'shop', connection_id: id, credentials }
  return bench.call('POST', '/connections', { json })
}

describe('when a token ends', () => {
  const seconds = Date.UTC(2030, 0, 1) / 1000

  it.each([
    ['an ISO date', '2030-01-01T00:00:00Z'],
    ['seconds', seconds],
    ['seconds with a fraction', seconds + 0.0004],
    ['milliseconds', seconds * 1000],
    ['seconds as text', String(seconds)],
    ['milliseconds as text', String(seconds * 1000)],
  ])('may be %s', async (_, expiresAt) => {
    const answer = await createShop(createBench(), 'c', expiresAt)
    expect(answer).toMatchObject({ status: 201, json: { credentials: { expires_at: '2030-01-01T00:00:00.000Z' } } })
  })

  it.each([[null], [undefined], ['']])('is not known for %j', async (expiresAt) => {
    const answer = await createShop(createBench(), 'c', expiresAt)
    expect(answer.status).toBe(201)
    expect(answer.json.credentials).not.toHaveProperty('expires_at')
  })

  it.each([
    [9e15],
    [1e300],
    [-1e15],
    [-1],
    [1_893_456_000_000_000_000],
    ['1893456000000000000'],
    ['garbage'],
    [true],
    [{}],
  ])('cannot be %j, and nothing is stored', async (expiresAt) => {
    const bench = createBench()
    expect(await createShop(bench, 'c', expiresAt)).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_body', errors: [{ path: ['credentials', 'expires_at'] }] } },
    })
    expect(await bench.storage.readAccountByExternalId(scope, 'shop', 'c')).toBeUndefined()
  })

  it('is left out when an account has a time that cannot be', async () => {
    const bench = createBench()
    await createShop(bench, 'c', seconds)
    const account = await bench.storage.readAccountByExternalId(scope, 'shop', 'c')
    if (account === undefined) throw new Error('not stored')
    await bench.storage.writeAccount({ ...account, expiresAt: 9e18 }, account.version)
    const answer = await bench.call('GET', '/connections/c?provider_config_key=shop')
    expect(answer).toMatchObject({ status: 200, json: { credentials: { access_token: 'token' } } })
    expect(answer.json.credentials).not.toHaveProperty('expires_at')
  })
})
