import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApiProxy } from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFetchHost } from './fetch-host.js'
import { makeMyProxy } from './my-proxy.js'
import { makeNodeHost } from './node-host.js'

const servers: Server[] = []
let proxy: ApiProxy
let apiPort = 0
let seenKey: unknown

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const api = createServer((request, response) => {
    seenKey = request.headers['x-api-key']
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
  ['a fetch-style host', async () => ({ base: 'http://localhost', send: makeFetchHost(proxy) })],
  [
    'a node:http host',
    async () => ({
      base: `http://127.0.0.1:${await listen(makeNodeHost(proxy))}`,
      send: (request: Request) => fetch(request),
    }),
  ],
])('%s', (_name, make) => {
  it('serves its own routes and proxied calls side by side', async () => {
    const { base, send } = await make()
    expect(await (await send(new Request(`${base}/hello`))).text()).toBe('a route of the host')
    const answer = await send(new Request(callUrl(base), { headers: headers('key-of-the-caller') }))
    expect([answer.status, await answer.json()]).toEqual([200, { path: '/items?limit=2' }])
    expect(seenKey).toBe('key-of-the-api')
  })

  it('refuses a caller that it does not know', async () => {
    const { base, send } = await make()
    const answer = await send(new Request(callUrl(base), { headers: headers('wrong') }))
    expect([answer.status, answer.headers.get('x-proxy-error')]).toEqual([401, 'invalid_token'])
  })
})
