import { ExchangeFailure, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { type ConnectBench, connectBench, type Page, publicUrl, refusal } from '../../testing/connect-bench.js'
import type { ConnectTokenRecord } from '../index.js'

const development = { project: 'proj_demo', environment: 'development' } as const
const callback = '/connect/oauth/app_shop1/callback'

/** Sets out for the vendor. */
async function depart(bench: ConnectBench, record: Partial<ConnectTokenRecord> = {}, form = {}) {
  const token = await bench.connectToken(record)
  const fields = { token, app: 'shop', cf_region: 'north', connectLink: 'true', ...form }
  const page = await bench.visit('/connect/accounts', { form: fields })
  return { token, page, state: bench.vendor.asked.at(-1)?.state ?? '', cookie: page.cookies }
}

function comeBack(bench: ConnectBench, query: Record<string, string>, cookie: string): Promise<Page> {
  return bench.visit(`${callback}?${new URLSearchParams(query)}`, { headers: { cookie } })
}

function accounts(bench: ConnectBench) {
  return bench.storage.listAccounts({ scope: development, limit: 10 })
}

describe('the connect page of an OAuth app', () => {
  it('asks for what the address needs, and leads on', async () => {
    const { visit, connectToken } = connectBench()
    const { text } = await visit(`/_static/connect.html?token=${await connectToken()}&app=shop&connectLink=true`)
    expect(text).toContain('<label for="cf_region">Region</label>')
    expect(text).toContain('Continue to shop')
    expect(text).not.toContain('_blank')
  })

  it('leaves its frame for the vendor', async () => {
    const { visit, connectToken } = connectBench()
    const { text } = await visit(`/_static/connect.html?token=${await connectToken()}&app=shop`)
    expect(text).toMatch(/<form[^>]* data-oauth target="_blank">/)
  })

  it('says so when the server cannot do it', async () => {
    const bench = connectBench(undefined, { authorization: undefined })
    const { page } = await depart(bench)
    expect([page.status, page.text]).toEqual([422, expect.stringContaining('is not set up to connect')])
  })
})

describe('an authorization', () => {
  it('goes out with a state, a verifier and the exact redirect address, and a cookie that binds it', async () => {
    const bench = connectBench()
    const { page, state } = await depart(bench)
    const [asked] = bench.vendor.asked
    expect(asked?.request.redirectUri).toBe(`${publicUrl}${callback}`)
    expect(asked?.request.codeVerifier).toMatch(/^[\w-]{43}$/)
    expect(asked?.scopes).toEqual(['read', 'write'])
    expect(page.text).toContain(`content="0; url=https://north.shop.example/authorize?state=${state}"`)
    expect(page.headers.get('set-cookie')).toMatch(
      /^__Host-connect-[0-9a-f]{12}=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
  })

  it('is kept sealed and under a digest', async () => {
    const bench = connectBench()
    const { state, token } = await depart(bench)
    const stored = JSON.stringify(await bench.storage.listDocuments('connect-state', ''))
    expect(stored.length).toBeGreaterThan(300)
    for (const secret of [state, token, bench.vendor.asked[0]?.request.codeVerifier ?? '-']) {
      expect(stored).not.toContain(secret)
    }
  })

  it('ends with an account that holds the grant, once', async () => {
    const bench = connectBench()
    const { state, cookie, token } = await depart(bench)
    const page = await comeBack(bench, { state, code: 'code-1' }, cookie)
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('shop is connected')])
    expect(page.headers.get('set-cookie')).toMatch(/^__Host-connect-[0-9a-f]{12}=; Max-Age=0;/)
    const id = /data-account="(apn_\w+)"/.exec(page.text)?.[1] ?? ''
    const account = bench.storage.readAccount(development, id)
    expect(account).toMatchObject({ app: 'shop', externalUserId: 'user-1', authorizedScopes: ['read'] })
    expect(account?.values.reveal()).toMatchObject({
      customFields: { region: 'north' },
      credentials: { oauth_access_token: 'access-1', oauth_refresh_token: 'refresh-1' },
    })
    expect(await bench.connectTokens.find(token)).toBeUndefined()

    const again = await comeBack(bench, { state, code: 'code-1' }, cookie)
    expect([again.status, again.text]).toEqual([400, expect.stringContaining('finished before')])
    expect(bench.vendor.codes).toEqual(['code-1'])
  })

  it('is exchanged once when its callback comes twice at once', async () => {
    const bench = connectBench()
    const { state, cookie } = await depart(bench)
    const pages = await Promise.all([1, 2, 3].map(() => comeBack(bench, { state, code: 'code-1' }, cookie)))
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    expect(bench.vendor.codes).toEqual(['code-1'])
  })

  it.each([
    ['without the cookie of the browser that set out', (cookie: string) => ({ cookie: cookie && '' })],
    [
      'with the cookie of another one',
      (cookie: string) => ({ cookie: `${cookie.split('=', 1)[0]}=${'x'.repeat(43)}` }),
    ],
    ['with a state that nobody sent', () => ({ state: 'x'.repeat(43) })],
    ['with an empty state', () => ({ state: '' })],
  ])('is refused %s, and good with its own', async (_, change) => {
    const bench = connectBench()
    const own = await depart(bench)
    const { state, cookie } = { ...own, ...change(own.cookie) }
    const page = await comeBack(bench, { state, code: 'code-1' }, cookie)
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('Start again')])
    expect(bench.vendor.codes).toEqual([])
    expect((await comeBack(bench, { state: own.state, code: 'code-1' }, own.cookie)).status).toBe(200)
  })

  it('is refused at the address of another client', async () => {
    const bench = connectBench()
    const { state, cookie } = await depart(bench)
    const other = `/connect/oauth/app_other/callback?${new URLSearchParams({ state, code: 'code-1' })}`
    expect((await bench.visit(other, { headers: { cookie } })).status).toBe(400)
    expect(bench.vendor.codes).toEqual([])
  })

  it('ends after ten minutes, and with its token', async () => {
    const bench = connectBench()
    const slow = await depart(bench)
    bench.clock.advance(600_000)
    expect((await comeBack(bench, { state: slow.state, code: 'c' }, slow.cookie)).status).toBe(400)
    const revoked = await depart(bench)
    const id = (await bench.connectTokens.find(revoked.token))?.id ?? ''
    await bench.connectTokens.delete(id)
    expect((await comeBack(bench, { state: revoked.state, code: 'c' }, revoked.cookie)).status).toBe(401)
    expect(bench.vendor.codes).toEqual([])
  })

  it('that the end user declines leads back with the reason, and leaves the link good', async () => {
    const bench = connectBench()
    const { state, cookie, token } = await depart(bench, { errorRedirectUri: 'https://app.example.com/oh?y=2' })
    const page = await comeBack(bench, { state, error: 'access_denied', error_description: 'Call me now' }, cookie)
    expect(page.text).toContain('url=https://app.example.com/oh?y=2&amp;error=access_denied"')
    expect(page.text).toContain('You did not give access to shop.')
    expect(page.text).not.toContain('Call me')
    expect(page.text).toMatch(/href="\/under\/_static\/connect\.html\?[^"]*app=shop[^"]*">Try again/)
    expect(await bench.connectTokens.find(token)).toBeDefined()
  })

  it.each([
    ['refuses the code', refusal, 502, 'shop gave no access: the vendor answered 400 invalid_grant.'],
    ['fails', new ExchangeFailure('the vendor answered 500'), 502, 'the vendor answered 500'],
    ['is away', new ProxyError('upstream_connect', 'no'), 503, 'could not be reached'],
    ['lacks a client', new ProxyError('account_config_invalid', 'No client.'), 422, 'No client.'],
  ])('whose vendor %s leaves no account, and the link good', async (_, error, status, text) => {
    const bench = connectBench()
    const { state, cookie, token } = await depart(bench)
    bench.vendor.answer = error
    const page = await comeBack(bench, { state, code: 'code-1' }, cookie)
    expect([page.status, page.text]).toEqual([status, expect.stringContaining(text)])
    expect((await accounts(bench)).totalCount).toBe(0)
    expect(await bench.connectTokens.find(token)).toBeDefined()
  })

  it('of a field that cannot stand in a host is refused at the field', async () => {
    const bench = connectBench()
    const { page } = await depart(bench, {}, { cf_region: 'evil.example/' })
    expect([page.status, page.text]).toEqual([422, expect.stringContaining('href="#cf_region"')])
    expect(bench.vendor.asked).toEqual([])
  })

  it('tells the framed page how the window ended, whoever asks with its word', async () => {
    const bench = connectBench()
    const flow = 'f'.repeat(43)
    const ask = async (form: Record<string, string>) =>
      JSON.parse((await bench.visit('/connect/status', { form })).text) as object
    const { state, cookie } = await depart(bench, {}, { connectLink: '', view: 'popup', flow })
    expect(await ask({ flow })).toEqual({ status: 'pending' })
    const page = await comeBack(bench, { state, code: 'code-1' }, cookie)
    expect(page.text).toContain('You can close this window.')
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/)
    expect(await ask({ flow })).toEqual({ status: 'connected', account: expect.stringMatching(/^apn_/) })
    expect(await ask({ flow: 'g'.repeat(43) })).toEqual({ status: 'pending' })
    expect(await ask({ flow: '' })).toEqual({ status: 'pending' })

    const declined = await depart(bench, {}, { connectLink: '', view: 'popup', flow: 'h'.repeat(43) })
    await comeBack(bench, { state: declined.state, error: 'access_denied' }, declined.cookie)
    expect(await ask({ flow: 'h'.repeat(43) })).toEqual({
      status: 'failed',
      error: 'You did not give access to shop.',
    })
  })

  it("is made for the project's own client, with its scopes and its address", async () => {
    const bench = connectBench()
    const json = { app: 'shop', client_id: 'own', client_secret: 's', scopes: ['all'], additional_scopes: ['more'] }
    const { id } = (await bench.call('POST', '/v1/connect/proj_demo/oauth_apps', { json })).json
    const { state, cookie } = await depart(bench, { oauthAppId: id })
    expect(bench.vendor.asked[0]).toMatchObject({
      scopes: ['all', 'more'],
      request: { redirectUri: `${publicUrl}/connect/oauth/${id}/callback`, account: { oauthAppId: id } },
    })
    const query = new URLSearchParams({ state, code: 'code-1' })
    const page = await bench.visit(`/connect/oauth/${id}/callback?${query}`, { headers: { cookie } })
    expect(page.status).toBe(200)
    expect((await accounts(bench)).rows[0]?.oauthAppId).toBe(id)
  })

  it('connects an account again, and keeps the refresh token that the vendor does not repeat', async () => {
    const bench = connectBench()
    const first = await depart(bench)
    await comeBack(bench, { state: first.state, code: 'code-1' }, first.cookie)
    const [account] = (await accounts(bench)).rows
    if (account === undefined) throw new Error('There is no account.')
    await bench.storage.writeAccount({ ...account, dead: true, error: 'ended' }, account.version)

    const second = await depart(bench, {}, { accountId: account.id, cf_region: '' })
    bench.vendor.answer = { credentials: { oauth_access_token: 'access-2' }, expiresAt: undefined, scopes: undefined }
    const page = await comeBack(bench, { state: second.state, code: 'code-2' }, second.cookie)
    expect(page.text).toContain(`data-account="${account.id}"`)
    const again = bench.storage.readAccount(development, account.id)
    expect(again).toMatchObject({ dead: false, error: undefined, authorizedScopes: ['read', 'write'] })
    expect(again?.values.reveal()).toEqual({
      customFields: { region: 'north' },
      credentials: { oauth_access_token: 'access-2', oauth_refresh_token: 'refresh-1' },
    })
  })
})
