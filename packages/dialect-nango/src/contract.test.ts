import { testDialect } from '@proxy/conformance'
import { ProxyError } from '@proxy/core'
import { expect } from 'vitest'
import { createBench, key } from '../testing/bench.js'

const authorization = ['Authorization', `Bearer ${key}`]
const who = [...authorization, 'Provider-Config-Key', 'acme', 'Connection-Id', 'c-1']
const account = { by: 'external-id', app: 'acme', externalId: 'c-1' } as const

testDialect('nangoDialect', () => createBench().dialect, {
  proxied: [
    {
      request: { target: '/proxy/v1/items?a[]=1&a[]=2', headers: who },
      call: { account, target: '/v1/items', query: 'a[]=1&a[]=2' },
    },
    { request: { target: '/proxy', headers: who }, call: { target: '/', query: '' } },
    { request: { target: '/proxy?x=1', headers: who }, call: { target: '/', query: 'x=1' } },
    { request: { target: '/proxy/a%2Fb/', method: 'PROPFIND', headers: who }, call: { target: '/a%2Fb/' } },
    {
      request: { target: '/proxy/x', headers: [...who, 'nango-PROXY-Notion-Version', '2022-06-28', 'x-mine', 'no'] },
      call: { bearer: key, headers: ['notion-version', '2022-06-28'] },
    },
    {
      request: { target: '/proxy/x', method: 'POST', headers: [...who, 'Retries', '3', 'Retry-On', '409,423'] },
      call: { retries: { attempts: 3, statuses: [409, 423] } },
    },
    // Told after the key is proven.
    { request: { target: '/proxy/x', headers: authorization }, call: { fault: expect.any(ProxyError) } },
    {
      request: { target: '/proxy/x', headers: [...who, 'Nango-Proxy-Host', 'evil'] },
      call: { headers: [], fault: expect.any(ProxyError) },
    },
    {
      request: { target: '/proxy/https://acme.com/v1', headers: [...who, 'Base-Url-Override', ''] },
      call: { target: 'https://acme.com/v1', baseUrl: undefined },
    },
  ],
  routes: [
    { target: '/connections', headers: authorization },
    { target: '/connection/c-1?provider_config_key=acme', headers: authorization },
    { target: '/integrations/acme', headers: authorization },
    { target: '/providers?search=x', headers: authorization },
    { method: 'POST', target: '/connect/sessions', headers: authorization },
    { target: '/records?model=x', headers: authorization },
  ],
  malformed: [
    { request: { target: '/proxy/x' }, code: 'missing_token' },
    { request: { target: '/proxy/x', method: 'TRACE', headers: who }, code: 'method_not_allowed' },
  ],
  foreign: ['/', '/v1/connect/proj/proxy/x', '/proxyx', '/connect/oauth/oa_1/callback', '/livez', '/connectionsx'],
  statuses: { record_not_found: 400, credential_refresh_failed: 400 },
})
