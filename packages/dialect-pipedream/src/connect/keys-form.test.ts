import { describe, expect, it } from 'vitest'
import { acme } from '../../testing/apps.js'
import { connectBench, publicUrl } from '../../testing/connect-bench.js'
import type { ConnectTokenRecord } from '../tokens/connect-token-record.js'

const page = '/_static/connect.html'
const development = { project: 'proj_demo', environment: 'development' } as const
const key = 'key-of-user-1-77aa'

describe('the connect page of an app with keys', () => {
  it('asks for the custom fields, by label, with what the browser can check', async () => {
    const { visit, connectToken } = connectBench()
    const { status, text } = await visit(`${page}?token=${await connectToken()}&app=acme`)
    expect(status).toBe(200)
    expect(text).toContain('<label for="cf_api_key">API key</label>')
    expect(text).toMatch(/<input id="cf_api_key" name="cf_api_key" type="password" required /)
    expect(text).toMatch(/<input id="cf_subdomain" name="cf_subdomain" type="text" required pattern=/)
    expect(text).toMatch(/<label for="cf_seats">seats <span class="optional">\(optional\)/)
    expect(text).toMatch(/<input id="cf_region"[^>]* value="eu"/)
    expect(text).toContain('Demo will be able to use your Acme account.')
  })

  it('is kept from caches, referrers, foreign code and foreign frames', async () => {
    const { visit, connectToken } = connectBench()
    const allowedOrigins = ['https://app.example.com', 'https://other.example.com']
    const { headers } = await visit(`${page}?token=${await connectToken({ allowedOrigins })}&app=acme`)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      'img-src https://acme.example',
      "form-action 'self'",
      "base-uri 'none'",
      'frame-ancestors https://app.example.com https://other.example.com',
    ])
    const open = await visit(`${page}?token=${await connectToken()}&app=acme`)
    expect(open.headers.get('content-security-policy')).toMatch(/frame-ancestors \*$/)
  })

  it('holds no inline code, and its assets are there', async () => {
    const { visit, connectToken } = connectBench()
    const { text } = await visit(`${page}?token=${await connectToken()}&app=acme`)
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    for (const [, path = ''] of text.matchAll(/(?:src|href)="(\/under\/_static\/[^"]+)"/g)) {
      const asset = await visit(path)
      expect(asset.status).toBe(200)
      expect(asset.text.length).toBeGreaterThan(1_000)
    }
    const script = await visit('/_static/connect.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(() => new Function(script.text)).not.toThrow()
  })

  it('stores the account, and ends the link', async () => {
    const { visit, connectToken, storage } = connectBench()
    const token = await connectToken()
    const form = { token, app: 'acme', cf_subdomain: 'north', cf_api_key: ` ${key}\n`, connectLink: 'true' }
    const { status, text } = await visit('/connect/accounts', { form })
    expect(status).toBe(200)
    expect(text).toContain('Acme is connected')
    const id = /data-account="(apn_\w+)"/.exec(text)?.[1] ?? ''
    const account = storage.readAccount(development, id)
    expect(account).toMatchObject({ externalUserId: 'user-1', app: 'acme' })
    expect(account?.values.reveal().customFields).toEqual({ subdomain: 'north', api_key: key })

    const again = await visit('/connect/accounts', { form })
    expect([again.status, again.text]).toEqual([401, expect.stringContaining('expired or was used before')])
    expect((await storage.listAccounts({ scope: development, limit: 10 })).totalCount).toBe(1)
  })

  it('makes one account of a form that is sent twice at once', async () => {
    const { visit, connectToken, storage } = connectBench()
    const form = { token: await connectToken(), app: 'acme', cf_subdomain: 'north', cf_api_key: key }
    const answers = await Promise.all([1, 2, 3, 4].map(() => visit('/connect/accounts', { form })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
    expect((await storage.listAccounts({ scope: development, limit: 10 })).totalCount).toBe(1)
  })

  it('tells every fault at its field, shows no secret again, and leaves the link good', async () => {
    const { visit, connectToken } = connectBench()
    const token = await connectToken()
    const wrong = {
      token,
      app: 'acme',
      connectLink: 'true',
      cf_subdomain: 'not a label"',
      cf_api_key: key,
      cf_seats: 'many',
    }
    const { status, text } = await visit('/connect/accounts', { form: wrong })
    expect(status).toBe(422)
    expect(text).toMatch(/role="alert"[\s\S]*href="#cf_subdomain">Subdomain<\/a>: This must be one label/)
    expect(text).toMatch(/id="cf_seats"[^>]* aria-invalid="true" aria-describedby="cf_seats-error"/)
    expect(text).toMatch(/id="cf_seats-error">This must be a whole number/)
    expect(text).toContain('value="not a label&quot;"')
    expect(text).toMatch(/id="cf_subdomain"[^>]* autofocus/)
    expect(text).not.toContain(key)
    const missing = await visit('/connect/accounts', { form: { token, app: 'acme', cf_subdomain: 'north' } })
    expect(missing.text).toMatch(/API key<\/a>: This is needed/)
    const good = await visit('/connect/accounts', { form: { ...wrong, cf_subdomain: 'north', cf_seats: '' } })
    expect(good.status).toBe(200)
  })

  it('goes on to where the project wants it, with the account', async () => {
    const { visit, connectToken } = connectBench()
    const token = await connectToken({ successRedirectUri: 'https://app.example.com/done?x=1' })
    const form = { token, app: 'acme', cf_subdomain: 'north', cf_api_key: key, connectLink: 'true' }
    const { text } = await visit('/connect/accounts', { form })
    expect(text).toMatch(
      /<meta http-equiv="refresh" content="0; url=https:\/\/app\.example\.com\/done\?x=1&amp;account_id=apn_\w+&amp;app=acme">/,
    )
  })

  it('leaves a framed page where it is, for its script to tell', async () => {
    const { visit, connectToken } = connectBench()
    const token = await connectToken({
      successRedirectUri: 'https://app.example.com/done',
      allowedOrigins: ['https://app.example.com'],
    })
    const form = { token, app: 'acme', cf_subdomain: 'north', cf_api_key: key }
    const { text } = await visit('/connect/accounts', { form })
    expect(text).not.toContain('http-equiv')
    expect(text).toContain('data-origins="[&quot;https://app.example.com&quot;]"')
    expect(text).toContain('data-outcome="connected"')
  })

  it('connects an account under the name that the project gave to the app', async () => {
    const { visit, connectToken, storage } = connectBench()
    const choices = [{ app: 'acme', externalIdPrefix: '#acme-prod/', oauthAppId: undefined }]
    const token = await connectToken({ choices })
    const form = { token, cf_subdomain: 'north', cf_api_key: key }
    expect((await visit('/connect/accounts', { form })).status).toBe(200)
    const { rows } = await storage.listAccounts({ scope: development, limit: 10 })
    expect(rows.map(({ externalId }) => externalId)).toEqual([`#acme-prod/${rows[0]?.id}`])
  })

  it('offers what the link is limited to, and connects nothing else', async () => {
    const { visit, connectToken, storage } = connectBench()
    const choice = (app: string) => ({ app, externalIdPrefix: '', oauthAppId: undefined })
    const any = await visit(`${page}?token=${await connectToken()}`)
    const both = await visit(`${page}?token=${await connectToken({ choices: [choice('acme'), choice('shop')] })}`)
    expect(both.text.match(/app=(?:acme|shop)"/g)).toEqual(any.text.match(/app=(?:acme|shop)"/g))
    const token = await connectToken({ choices: [choice('shop'), choice('gone')] })
    const { text } = await visit(`${page}?token=${token}`)
    expect(text).toContain('app=shop"')
    expect(text).not.toContain('app=acme"')
    const form = { token, app: 'acme', cf_subdomain: 'north', cf_api_key: key }
    const refused = await visit('/connect/accounts', { form })
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('made for something else')])
    expect((await storage.listAccounts({ scope: development, limit: 10 })).totalCount).toBe(0)
    const allowed = await connectToken({ choices: [choice('acme'), choice('shop')] })
    expect((await visit('/connect/accounts', { form: { ...form, token: allowed } })).status).toBe(200)
  })

  it('connects an account again, with what is typed over what was stored', async () => {
    const { visit, connectToken, call, storage } = connectBench()
    const json = { app_slug: 'acme', cfmap_json: JSON.stringify({ subdomain: 'north', api_key: 'old' }) }
    const environment = ['x-pd-environment', 'development']
    const made = await call('POST', '/v1/connect/proj_demo/accounts?external_user_id=user-1', {
      json,
      headers: environment,
    })
    const token = await connectToken()
    const shown = await visit(`${page}?token=${token}&accountId=${made.json.id}`)
    expect(shown.text).toContain('Reconnect Acme')
    expect(shown.text).not.toMatch(/required|north|old/)
    const { status } = await visit('/connect/accounts', {
      form: { token, accountId: made.json.id, cf_api_key: key },
    })
    expect(status).toBe(200)
    const { customFields } = storage.readAccount(development, made.json.id)?.values.reveal() ?? {}
    expect(customFields).toEqual({ subdomain: 'north', api_key: key })
  })
})

describe('a token for an account that is to be connected again', () => {
  async function world(record: Partial<ConnectTokenRecord> = {}) {
    const bench = connectBench()
    const make = async (): Promise<string> => {
      const json = { app_slug: 'acme', cfmap_json: JSON.stringify({ subdomain: 'north', api_key: 'old' }) }
      const headers = ['x-pd-environment', 'development']
      const path = '/v1/connect/proj_demo/accounts?external_user_id=user-1'
      return (await bench.call('POST', path, { json, headers })).json.id
    }
    const [id, other] = [await make(), await make()]
    const token = await bench.connectToken({ appId: 'acme', accountId: id, ...record })
    const keyOf = (account: string) =>
      bench.storage.readAccount(development, account)?.values.reveal().customFields.api_key
    return { ...bench, id, other, token, keyOf }
  }

  it('leads to the page of that account, and renews it alone', async () => {
    const { visit, storage, id, other, token, keyOf } = await world()
    expect((await visit(`${page}?token=${token}`)).text).toContain('Reconnect Acme')
    const { status } = await visit('/connect/accounts', { form: { token, cf_api_key: key } })
    expect([status, keyOf(id), keyOf(other)]).toEqual([200, key, 'old'])
    expect((await storage.listAccounts({ scope: development, limit: 10 })).rows).toHaveLength(2)
  })

  it('does not lead to another one', async () => {
    const { visit, id, other, token, keyOf } = await world()
    const form = { token, accountId: other, cf_api_key: key }
    expect((await visit('/connect/accounts', { form })).status).toBe(403)
    expect([keyOf(id), keyOf(other)]).toEqual(['old', 'old'])
    expect((await visit('/connect/accounts', { form: { ...form, accountId: id } })).status).toBe(200)
  })

  it.each<[string, Partial<ConnectTokenRecord>]>([
    ['of somebody else', { externalUserId: 'user-2' }],
    ['of another app', { appId: 'shop' }],
    ['of another environment', { environment: 'production' }],
    ['that is gone', { accountId: 'apn_gone' }],
  ])('leads nowhere for one %s', async (_, record) => {
    const { visit, id, token, keyOf } = await world(record)
    expect((await visit(`${page}?token=${token}`)).status).toBe(404)
    expect((await visit('/connect/accounts', { form: { token, cf_api_key: key } })).status).toBe(404)
    expect(keyOf(id)).toBe('old')
  })
})

describe('a link', () => {
  it.each([
    ['that nobody made', () => ({ token: `ctok_${'0'.repeat(32)}` }), 401],
    ['without a token', () => ({}), 401],
    ['to an unknown app', (token: string) => ({ token, app: 'nothing' }), 404],
    ["to somebody else's account", (token: string) => ({ token, accountId: 'apn_other' }), 404],
    ['to an unknown OAuth client', (token: string) => ({ token, app: 'shop', oauthAppId: 'oa_none' }), 404],
  ])('%s gets a page that says so', async (_, query, status) => {
    const { visit, connectToken } = connectBench()
    const parameters = new URLSearchParams(query(await connectToken()) as Record<string, string>)
    const answer = await visit(`${page}?${parameters}`)
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(/<h1>Not connected<\/h1>[\s\S]*Ask for a new/)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('ends when its token does, and with its scopes', async () => {
    const { visit, connectToken, clock } = connectBench()
    const readOnly = await connectToken({ scopes: ['connect:accounts:read'] })
    expect((await visit(`${page}?token=${readOnly}&app=acme`)).status).toBe(403)
    const token = await connectToken()
    clock.advance(3_600_000)
    expect((await visit(`${page}?token=${token}&app=acme`)).status).toBe(401)
  })

  it('is for the app that its token was made for', async () => {
    const { visit, connectToken } = connectBench()
    const token = await connectToken({ appId: 'app_acme1' })
    expect((await visit(`${page}?token=${token}&app=acme`)).text).toContain('Connect Acme')
    expect((await visit(`${page}?token=${token}`)).text).toContain('Connect Acme')
    expect((await visit(`${page}?token=${token}&app=shop`)).status).toBe(403)
  })

  it('is not sent from another site', async () => {
    const { visit, connectToken, storage } = connectBench()
    const form = { token: await connectToken(), app: 'acme', cf_subdomain: 'north', cf_api_key: key }
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect((await visit('/connect/accounts', { form, headers })).status).toBe(403)
    }
    expect((await storage.listAccounts({ scope: development, limit: 10 })).totalCount).toBe(0)
    const own = { 'sec-fetch-site': 'same-origin', origin: new URL(publicUrl).origin }
    expect((await visit('/connect/accounts', { form, headers: own })).status).toBe(200)
  })

  it('that is malformed is told so, and never with a 500', async () => {
    const { visit, connectToken } = connectBench()
    const token = await connectToken()
    for (const query of ['token=%ff', `token=${token}&token=${token}`, `token=${token}&app=%`]) {
      expect((await visit(`${page}?${query}`)).status).toBe(400)
    }
    const headers = { 'content-type': 'application/json' }
    expect((await visit('/connect/accounts', { form: { token }, headers })).status).toBe(400)
    expect((await visit('/connect/accounts', { form: { token } })).status).toBe(400)
    expect((await visit('/connect/status')).status).toBe(404)
  })

  it('is of no use when the account cannot be stored, and good again after', async () => {
    const { visit, connectToken, storage } = connectBench()
    const form = { token: await connectToken(), app: 'acme', cf_subdomain: 'north', cf_api_key: key }
    const { writeAccount } = storage
    storage.writeAccount = async () => undefined
    expect((await visit('/connect/accounts', { form })).status).toBe(503)
    storage.writeAccount = writeAccount
    expect((await visit('/connect/accounts', { form })).status).toBe(200)
  })
})

describe('the choice of an app', () => {
  const many = Array.from({ length: 130 }, (_, index) => ({
    ...acme,
    id: `app_many${index}`,
    name_slug: `many_${index}`,
    name: index === 7 ? '<b>Evil</b>' : `Many ${index}`,
    featured_weight: index,
  }))

  it('lists the heaviest first, and finds the others', async () => {
    const { visit, connectToken } = connectBench(many)
    const token = await connectToken()
    const all = await visit(`${page}?token=${token}&connectLink=true`)
    expect(all.text).toContain('100 of 130 apps')
    expect(all.text.indexOf('Many 129')).toBeLessThan(all.text.indexOf('Many 128'))
    expect(all.text).not.toContain('Evil')
    const found = await visit(`${page}?token=${token}&connectLink=true&q=evil`)
    expect(found.text).toContain('&lt;b&gt;Evil&lt;/b&gt;')
    expect(found.text).toContain('>1 app<')
    const next = /href="\/under(\/_static\/connect\.html\?[^"]+)"/.exec(found.text)?.[1]?.replaceAll('&amp;', '&')
    expect((await visit(next ?? '')).text).toContain('Connect &lt;b&gt;Evil')
    expect((await visit(`${page}?token=${token}&q=zzz`)).text).toContain('No app has this name.')
  })
})
