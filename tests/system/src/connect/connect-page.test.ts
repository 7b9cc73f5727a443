import type { Page } from 'playwright-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, chromiumPath, openBrowser } from './browser.js'
import { type ClientSettings, callProxyOn, connectOn, eventsOn } from './customer-site.js'
import { startTown, type Town, user } from './start-town.js'

const apiKey = 'api-key-typed-by-a-person-9d41'

let town: Town
let browser: Browser

beforeAll(async () => {
  if (chromiumPath === undefined) return
  town = await startTown()
  browser = await openBrowser()
  return async () => {
    await browser.close()
    await town.stop()
  }
})

afterEach(() => {
  town.upstream.forget()
  browser.complaints.length = 0
})

/** A page of the customer with a token for the user, and the client's settings for it. */
async function visitCustomer(wishes: object = {}): Promise<{ page: Page; settings: ClientSettings }> {
  const { token } = await town.connectToken({ allowed_origins: [town.site.origin], ...wishes })
  const page = await browser.context.newPage()
  await page.goto(`${town.site.origin}/`)
  return { page, settings: { host: town.host, token, externalUserId: user } }
}

function frameOf(page: Page) {
  return page.frameLocator('iframe[id^=pipedream-connect-iframe]')
}

describe.skipIf(chromiumPath === undefined)('the connect page that the official browser client opens', () => {
  it('connects an app with keys, and the account is then used through the proxy', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, settings, { app: 'acme' })
    const frame = frameOf(page)
    await frame.getByLabel('Subdomain').fill('north')
    await frame.getByLabel('API key').fill(apiKey)
    await frame.getByRole('button', { name: 'Connect' }).click()
    await frame.getByRole('heading', { name: 'Acme is connected' }).waitFor()

    const { successes, errors, closes } = await eventsOn(page, 'closes')
    expect({ successes, errors, closes }).toEqual({
      successes: [{ id: expect.stringMatching(/^apn_/) }],
      errors: [],
      closes: [{ successful: true, completed: true }],
    })
    expect(await page.locator('iframe').count()).toBe(0)

    const again = await town.connectToken({ allowed_origins: [town.site.origin] })
    const call = { accountId: successes[0]?.id, url: '/me' }
    await callProxyOn(page, { ...settings, token: again.token }, call)
    expect(town.upstream.only().values('x-api-key')).toEqual([apiKey])
    expect(town.server.logs()).not.toContain(apiKey)
    expect(browser.complaints).toEqual([])
    await page.close()
  })

  it('connects an OAuth app in a window of its own, and the grant is then used through the proxy', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, settings, { app: 'shop' })
    const frame = frameOf(page)
    const opened = browser.context.waitForEvent('page')
    await frame.getByRole('button', { name: 'Continue to Shop' }).click()
    const window = await opened
    await frame.getByText('Waiting for you to finish').waitFor()
    const closed = window.waitForEvent('close')
    await window.getByRole('link', { name: 'Allow' }).click()
    await closed

    const { successes, errors } = await eventsOn(page, 'closes')
    expect([successes.length, errors]).toEqual([1, []])
    const authorization = Object.fromEntries(town.vendor.authorizations.at(-1) ?? [])
    expect(authorization).toMatchObject({
      response_type: 'code',
      scope: 'read write',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(new RegExp(`^https://${town.host}/connect/oauth/app_\\w+/callback$`)),
    })

    const again = await town.connectToken({ allowed_origins: [town.site.origin] })
    await callProxyOn(page, { ...settings, token: again.token }, { accountId: successes[0]?.id, url: '/me' })
    expect(town.upstream.only().values('authorization')).toEqual([`Bearer ${town.vendor.accessTokens.at(-1)}`])
    expect(browser.complaints).toEqual([])
    await page.close()
  })

  it('says what is wrong with a field, and goes on from there', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, settings, { app: 'acme' })
    const frame = frameOf(page)
    await frame.getByLabel('Subdomain').evaluate((input) => input.removeAttribute('pattern'))
    await frame.getByLabel('Subdomain').fill('not one label')
    await frame.getByLabel('API key').fill(apiKey)
    await frame.getByRole('button', { name: 'Connect' }).click()
    const summary = frame.getByRole('alert')
    await expect.poll(() => summary.textContent()).toMatch(/Subdomain: This must be one label/)
    expect(await frame.getByLabel('API key').inputValue()).toBe('')
    await frame.getByLabel('Subdomain').fill('north')
    await frame.getByLabel('API key').fill(apiKey)
    await frame.getByRole('button', { name: 'Connect' }).click()
    expect((await eventsOn(page, 'closes')).successes).toHaveLength(1)
    await page.close()
  })

  it('tells of a login that was declined, and lets the user try again', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, settings, { app: 'shop' })
    const frame = frameOf(page)
    const go = frame.getByRole('button', { name: 'Continue to Shop' })
    const declining = browser.context.waitForEvent('page')
    await go.click()
    await (await declining).getByRole('link', { name: 'Deny' }).click()
    const { errors } = await eventsOn(page, 'errors')
    expect(errors).toEqual(['You did not give access to Shop.'])
    expect(await frame.getByRole('alert').textContent()).toBe('You did not give access to Shop.')

    const allowing = browser.context.waitForEvent('page')
    await go.click()
    await (await allowing).getByRole('link', { name: 'Allow' }).click()
    expect((await eventsOn(page, 'closes')).successes).toHaveLength(1)
    await page.close()
  })

  it('closes by its button and by the Escape key, and has no button when none is wanted', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, settings, { app: 'acme' })
    await frameOf(page).getByRole('button', { name: 'Close' }).click()
    expect((await eventsOn(page, 'closes')).closes).toEqual([{ successful: false, completed: false }])
    await connectOn(page, settings, { app: 'acme', hideClose: true })
    // The key takes its own frame away, so that the press may never hear of its end.
    const pressed = frameOf(page).locator('#cf_subdomain:focus').press('Escape')
    const closed = page.locator('iframe').waitFor({ state: 'detached' })
    await Promise.all([closed, pressed.catch(() => undefined)])
    await connectOn(page, settings, { app: 'acme', hideClose: true })
    await frameOf(page).getByRole('button', { name: 'Connect' }).waitFor()
    expect(await frameOf(page).getByRole('button', { name: 'Close' }).count()).toBe(0)
    await page.close()
  })

  it('tells the client of a token that is no good', async () => {
    const { page, settings } = await visitCustomer()
    await connectOn(page, { ...settings, token: `ctok_${'0'.repeat(32)}` }, { app: 'acme' })
    expect((await eventsOn(page, 'errors')).errors).toEqual([expect.stringContaining('expired or was used before')])
    await page.close()
  })

  it('is not shown in the frame of a site that the token does not name', async () => {
    const { page, settings } = await visitCustomer({ allowed_origins: ['https://somebody.example'] })
    const blocked = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
    await connectOn(page, settings, { app: 'acme' })
    await blocked
    expect(await frameOf(page).getByLabel('API key').count()).toBe(0)
    await page.close()
  })

  it('can be used with the keyboard alone', async () => {
    const { token } = await town.connectToken()
    const page = await browser.context.newPage()
    await page.goto(`https://${town.host}/_static/connect.html?token=${token}&app=acme&connectLink=true`)
    const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent')
    // With the first picture, which may be drawn after the page was loaded.
    await expect.poll(focused).toBe('cf_subdomain')
    await page.keyboard.type('north')
    const order: string[] = []
    for (const text of [apiKey, '5', '']) {
      await page.keyboard.press('Tab')
      order.push(await focused())
      await page.keyboard.type(text)
    }
    expect(order).toEqual(['cf_api_key', 'cf_seats', 'Connect'])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Acme is connected' }).waitFor()
    expect(browser.complaints).toEqual([])
    await page.close()
  })

  it('lets the user choose an app, and narrows the list while they type', async () => {
    const { page, settings } = await visitCustomer()
    await page.goto(`https://${town.host}/_static/connect.html?token=${settings.token}&connectLink=true`)
    await page.getByRole('searchbox', { name: 'Search apps' }).fill('sho')
    expect(await page.getByRole('link').allTextContents()).toEqual([expect.stringContaining('Shop')])
    expect(await page.getByRole('status').textContent()).toBe('1 app')
    await page.getByRole('link', { name: 'Shop' }).click()
    await page.getByRole('button', { name: 'Continue to Shop' }).waitFor()
    await page.close()
  })
})

describe.skipIf(chromiumPath === undefined)('a connect link in a browser without scripts', () => {
  it('connects apps of both kinds in the same tab, and leads back', async () => {
    const plain = await openBrowser({ withoutScripts: true })
    const page = await plain.context.newPage()
    const success_redirect_uri = `${town.site.origin}/done`

    const keys = await town.connectToken({ success_redirect_uri })
    await page.goto(keys.connect_link_url)
    await page.getByRole('link', { name: 'Acme' }).click()
    await page.getByLabel('Subdomain').fill('north')
    await page.getByLabel('API key').fill(apiKey)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.waitForURL(/\/done\?account_id=apn_\w+&app=acme$/)

    const oauth = await town.connectToken({ success_redirect_uri })
    await page.goto(`${oauth.connect_link_url}&app=shop`)
    await page.getByRole('button', { name: 'Continue to Shop' }).click()
    await page.getByRole('link', { name: 'Allow' }).click()
    await page.waitForURL(/\/done\?account_id=apn_\w+&app=shop$/)
    await plain.close()
  })
})

describe.skipIf(chromiumPath === undefined)('a callback address that was sent to somebody else', () => {
  it('does not connect their browser to the account of whoever began', async () => {
    const { token } = await town.connectToken()
    const page = await browser.context.newPage()
    await page.goto(`https://${town.host}/_static/connect.html?token=${token}&app=shop&connectLink=true`)
    await page.getByRole('button', { name: 'Continue to Shop' }).click()
    const callback = (await page.getByRole('link', { name: 'Allow' }).getAttribute('href')) ?? ''

    const other = await openBrowser()
    const victim = await other.context.newPage()
    await victim.goto(callback)
    await victim.getByText('begun in another browser').waitFor()
    await other.close()

    await page.goto(callback)
    await page.getByRole('heading', { name: 'Shop is connected' }).waitFor()
    await page.goto(callback)
    await page.getByText('finished before').waitFor()
    await page.close()
  })
})
