import { json, neverEnds, sequence, status } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { accounts, otherProject, secrets, user } from './world/configuration.js'
import { startWorld, type World } from './world/start-world.js'

const acme = { externalUserId: user, accountId: accounts.acme }
const once = { maxRetries: 0 }

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

describe.each(versions)('refusals as the official client $name throws them', (version) => {
  const connect = (settings = {}) => version.connect({ url: world.server.url, ...settings })

  async function expectRefusal(call: Promise<unknown>, statusCode: number, code: string): Promise<void> {
    await expect(call).rejects.toBeInstanceOf(version.PipedreamError)
    await expect(call).rejects.toMatchObject({ statusCode, body: { code, error: expect.any(String) } })
    expect(world.upstream.requests).toEqual([])
  }

  describe('401', () => {
    it('for a wrong client secret; the right one passes', async () => {
      const call = connect({ clientSecret: 'wrong' }).proxy.get({ ...acme, url: '/x' }, once)
      await expect(call).rejects.toBeInstanceOf(version.PipedreamError)
      await expect(call).rejects.toMatchObject({ statusCode: 401, body: { error: 'invalid_client' } })
      expect(world.upstream.requests).toEqual([])
      await connect().proxy.get({ ...acme, url: '/x' })
    })

    it('for an unknown static key; a known one passes', async () => {
      await expectRefusal(connect({ key: 'unknown' }).accounts.list({}, once), 401, 'invalid_token')
      await connect({ key: secrets.staticKey }).accounts.list({})
    })

    it('for a token that was tampered with', async () => {
      const token = await connect().rawAccessToken
      const [head, claims, signature] = token.split('.')
      const flipped = signature?.startsWith('A') ? 'B' : 'A'
      const forged = [head, claims, flipped + signature?.slice(1)].join('.')
      await expectRefusal(connect({ key: forged }).accounts.list({}, once), 401, 'invalid_token')
    })
  })

  describe('403', () => {
    it('for a proxied call without its scope; a token with it passes', async () => {
      const readOnly = connect({ clientId: 'read-only', clientSecret: secrets.readOnlyClient })
      await expectRefusal(Promise.resolve(readOnly.proxy.get({ ...acme, url: '/x' }, once)), 403, 'insufficient_scope')
      const proxyOnly = connect({ clientId: 'proxy-only', clientSecret: secrets.proxyOnlyClient })
      await proxyOnly.proxy.get({ ...acme, url: '/x' })
    })

    it('for reading accounts without its scope; a token with it passes', async () => {
      const proxyOnly = connect({ clientId: 'proxy-only', clientSecret: secrets.proxyOnlyClient })
      await expectRefusal(proxyOnly.accounts.list({}, once), 403, 'insufficient_scope')
      const readOnly = connect({ clientId: 'read-only', clientSecret: secrets.readOnlyClient })
      await readOnly.accounts.list({})
    })
  })

  describe('404, the same whether it is missing or not yours', () => {
    it.each([
      ['an unknown account', { ...acme, accountId: 'apn_nobody' }, {}],
      ['an account of another user', { ...acme, accountId: accounts.acmeOfUser2 }, {}],
      ['an account of another environment', { ...acme, accountId: accounts.acmeInProduction }, {}],
      ['an account seen from another environment', acme, { environment: 'production' }],
      [
        'an account of another project',
        acme,
        { project: otherProject, clientId: 'other', clientSecret: secrets.otherClient },
      ],
    ])('for %s', async (_, target, settings) => {
      await expectRefusal(
        Promise.resolve(connect(settings).proxy.get({ ...target, url: '/x' }, once)),
        404,
        'record_not_found',
      )
    })

    it('and each of these accounts answers to its owner', async () => {
      await connect().proxy.get({ externalUserId: 'user-2', accountId: accounts.acmeOfUser2, url: '/user-2' })
      await connect({ environment: 'production' }).proxy.get({
        ...acme,
        accountId: accounts.acmeInProduction,
        url: '/p',
      })
      const keys = world.upstream.requests.map((request) => request.values('x-api-key'))
      expect(keys).toEqual([[secrets.acmeKeyOfUser2], [secrets.acmeProductionKey]])
    })
  })

  it('relays an error of the upstream as it is, without the mark of a refusal of ours', async () => {
    world.upstream.answer('/missing', json({ error: 'no such thing', of: 'acme' }, {}, 404))
    const call = connect().proxy.get({ ...acme, url: '/missing' })
    await expect(call).rejects.toBeInstanceOf(version.PipedreamError)
    await expect(call).rejects.toMatchObject({ statusCode: 404, body: { error: 'no such thing', of: 'acme' } })
    expect(await headerOfError(call, 'x-proxy-error')).toBeNull()
  })

  it('marks its own refusals', async () => {
    const call = connect().proxy.get({ ...acme, accountId: 'apn_nobody', url: '/x' }, once)
    expect(await headerOfError(call, 'x-proxy-error')).toBe('record_not_found')
    expect(await headerOfError(call, 'x-request-id')).toMatch(/\S/)
  })

  it.each([
    'Accept-Encoding',
    'Connection',
    'Content-Length',
    'Cookie',
    'Host',
    'Origin',
    'Transfer-Encoding',
    'Proxy-Authorization',
    'Sec-Fetch-Mode',
  ])('400 for the restricted header %s', async (name) => {
    const call = connect().proxy.get({ ...acme, url: '/x', headers: { [name]: '1' } }, once)
    await expectRefusal(Promise.resolve(call), 400, 'unsupported_header')
    const message = await Promise.resolve(call).catch((error: { body: { error: string } }) => error.body.error)
    expect(String(message).toLowerCase()).toBe(`unsupported header: ${name.toLowerCase()}`)
  })

  it('504 when the upstream sends no head in time', async () => {
    world.upstream.answer('/slow', neverEnds())
    const call = connect().proxy.get({ ...acme, url: '/slow' }, once)
    await expect(call).rejects.toMatchObject({ statusCode: 504, body: { code: 'upstream_timeout' } })
    world.upstream.forget()
  })

  it('repeats a call that the upstream throttled, after the time that it asked for', async () => {
    world.upstream.answer('/busy', sequence(status(429, { 'retry-after': '1' }), json({ ok: true })))
    const startMs = performance.now()
    expect(await connect().proxy.post({ ...acme, url: '/busy', body: { once: true } })).toEqual({ ok: true })
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(790) // 2.0 takes up to a fifth off
    expect(world.upstream.requests.map((request) => request.body.toString())).toEqual([
      '{"once":true}',
      '{"once":true}',
    ])
  })
})

async function headerOfError(call: PromiseLike<unknown>, name: string): Promise<string | null> {
  const error = await Promise.resolve(call).then(
    () => undefined,
    (reason: { rawResponse: { headers: Headers } }) => reason,
  )
  if (error === undefined) throw new Error('the call was not refused')
  return error.rawResponse.headers.get(name)
}
