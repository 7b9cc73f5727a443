import type { AppDefinition } from '@proxy/core'
import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './start-engine.js'

const secret = '123456:AAE-secret_1'
let api: Upstream
let engine: Engine

beforeAll(async () => {
  api = await startUpstream()
  const app = (name_slug: string, redirects: 'follow' | 'manual'): AppDefinition => ({
    name_slug,
    name: name_slug,
    auth_type: 'keys',
    custom_fields: [{ name: 'token', type: 'password' }],
    connect: { base_proxy_target_url: `http://127.0.0.1:${api.port}` },
    auth: [{ kind: 'path', prefix: '/v2/bot{{custom_fields.token}}' }],
    redirects,
  })
  engine = await startEngine({
    apps: [app('follows', 'follow'), app('manual', 'manual')],
    accounts: ['follows', 'manual'].map((slug) => ({ id: `apn_${slug}`, app: slug, customFields: { token: secret } })),
    allowPrivate: [`127.0.0.1:${api.port}`],
  })
})

afterAll(async () => {
  await engine.close()
  await api.stop()
})

beforeEach(() => api.forget())

function redirectTo(location: string): void {
  api.answer(`/v2/bot${secret}/go`, (response) => {
    response.writeHead(302, { location }).end()
  })
}

describe('a credential in the path', () => {
  it('arrives before the caller’s path', async () => {
    await engine.call({ target: '/getMe?a=%2F', account: 'apn_follows' })
    expect(api.only().url).toBe(`/v2/bot${secret}/getMe?a=%2F`)
  })

  it.each([
    ['with the credential', `/v2/bot${secret}/next?b=1`],
    ['with the credential in other spelling', `/v2/bot123456%3AAAE-secret_1/next?b=1`],
    ['without it', '/next?b=1'],
    ['relative to the path', 'next?b=1'],
  ])('is there once after a redirect %s', async (_, location) => {
    redirectTo(location)
    const answer = await engine.call({ target: '/go', account: 'apn_follows' })
    expect(answer.status).toBe(200)
    expect(api.requests.map(({ url }) => url)).toEqual([`/v2/bot${secret}/go`, `/v2/bot${secret}/next?b=1`])
  })

  it.each([
    ['/v2/bot{}/next?b=1', '/next?b=1'],
    ['https://files.example.com/v2/bot{}/next#c', 'https://files.example.com/next#c'],
    ['https://files.example.com/file/v2/bot{}/a.jpg', 'https://files.example.com/file/a.jpg'],
    ['//files.example.com/v2/bot{}', '//files.example.com/'],
    ['/v2/bot123456%3aAAE%2Dsecret_1/x', '/x'],
    ['/elsewhere?x=1', '/elsewhere?x=1'],
    ['/next?from=/v2/bot{}/go', undefined],
    ['/next?from=%2Fv2%2Fbot{}%2Fgo', undefined],
  ])('is not in a location handed back: %s', async (location, shown) => {
    redirectTo(location.replace('{}', secret))
    const answer = await engine.call({ target: '/go', account: 'apn_manual' })
    expect(answer.status).toBe(302)
    expect(answer.header('location')).toBe(shown)
    expect(JSON.stringify(answer.headers)).not.toContain('AAE-secret_1')
  })
})
