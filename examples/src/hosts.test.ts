import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApiProxy } from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeExpressHost } from './express-host.js'
import { makeFetchHost } from './fetch-host.js'
import { makeHonoHost } from './hono-host.js'
import { makeInProcess } from './in-process.js'
import { makeMyProxy } from './my-proxy.js'
import { makeNodeHost } from './node-host.js'

const servers: Server[] = []
let proxy: ApiProxy
let apiPort = 0
let seen: IncomingMessage | undefined

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const api = createServer((request, response) => {
    seen = request
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ path: request.url }))
  })
  apiPort = await listen(api)
  const signingKey = randomBytes(32).toString('base64')
  proxy = await makeMyProxy({ apiPort, apiKey: 'key-of-the-api', callerKey: 'key-of-the-caller', signingKey })
})

afterAll(async () => {
  await proxy.close()
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

function callUrl(base: string): string {
  const target = Buffer.from('/items?limit=2').toString('base64url')
  return `${base}/v1/connect/proj_mine/proxy/${target}?external_user_id=user-1&account_id=apn_mine1`
}

function headers(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'x-pd-environment': 'development' }
}

describe.each([
  ['a fetch-style host', async () => ({ base: 'http://localhost', hello: '/hello', send: makeFetchHost(proxy) })],
  [
    'a Hono app',
    async () => {
      const app = makeHonoHost(proxy)
      return { base: 'http://localhost', hello: '/hello', send: async (request: Request) => await app.fetch(request) }
    },
  ],
  [
    'a mounted handler of an Express app',
    async () => ({
      base: `http://127.0.0.1:${await listen(createServer(makeExpressHost(proxy)))}/vendors`,
      hello: '-hello',
      send: (request: Request) => fetch(request),
    }),
  ],
  [
    'a node:http host',
    async () => ({
      base: `http://127.0.0.1:${await listen(makeNodeHost(proxy))}`,
      hello: '/hello',
      send: (request: Request) => fetch(request),
    }),
  ],
])('%s', (_name, make) => {
  it('serves its own routes and proxied calls side by side', async () => {
    const { base, hello, send } = await make()
    expect(await (await send(new Request(`${base}${hello}`))).text()).toBe('a route of the host')
    const answer = await send(new Request(callUrl(base), { headers: headers('key-of-the-caller') }))
    expect([answer.status, await answer.json()]).toEqual([200, { path: '/items?limit=2' }])
    expect(seen?.headers['x-api-key']).toBe('key-of-the-api')
  })

  it('refuses a caller that it does not know', async () => {
    const { base, send } = await make()
    const answer = await send(new Request(callUrl(base), { headers: headers('wrong') }))
    expect([answer.status, answer.headers.get('x-proxy-error')]).toEqual([401, 'invalid_token'])
  })
})

describe('the proxy in the process of its caller', () => {
  const account = { id: 'apn_mine1', externalUserId: 'user-1' }
  const caller = { key: 'key-of-the-caller', project: 'proj_mine', environment: 'development' } as const

  it('is a fetch with the credential of an account', async () => {
    const answer = await makeInProcess(proxy, caller).fetch(account, '/items?limit=2', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-own': 'yes' },
      body: '{"a":1}',
    })
    expect([answer.status, await answer.json()]).toEqual([200, { path: '/items?limit=2' }])
    expect(seen?.headers).toMatchObject({
      'x-api-key': 'key-of-the-api',
      'x-own': 'yes',
      'content-type': 'application/json',
    })
  })

  it('refuses what it would refuse on the wire', async () => {
    const other = await makeInProcess(proxy, { ...caller, key: 'wrong' }).fetch(account, '/items')
    expect(other.status).toBe(401)
    const elsewhere = await makeInProcess(proxy, caller).fetch(account, 'https://example.com/')
    expect([elsewhere.status, elsewhere.headers.get('x-proxy-error')]).toEqual([400, 'domain_not_allowed'])
  })
})
