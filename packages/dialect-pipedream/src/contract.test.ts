import { testDialect } from '@proxy/conformance'
import { base64url, createBench } from '../testing/bench.js'

const target = base64url('https://api.shop.example/v1/orders?a=1')
const proxied = `/v1/connect/proj_demo/proxy/${target}`
const who = 'external_user_id=user-1&account_id=apn_1'
const authorization = ['Authorization', 'Bearer token-1']

testDialect('pipedreamDialect', () => createBench().dialect, {
  proxied: [
    {
      request: { target: `${proxied}?${who}`, headers: authorization },
      call: {
        bearer: 'token-1',
        project: 'proj_demo',
        account: { by: 'id', id: 'apn_1', externalUserId: 'user-1' },
        target: 'https://api.shop.example/v1/orders?a=1',
      },
    },
    {
      request: {
        method: 'PATCH',
        target: `${proxied}?${who}`,
        headers: [...authorization, 'X-PD-Proxy-X-Custom', 'v', 'x-pd-environment', 'production'],
      },
      call: { environment: 'production', headers: ['x-custom', 'v'] },
    },
  ],
  routes: [
    { target: '/v1/connect/proj_demo/accounts', headers: authorization },
    { method: 'POST', target: '/v1/oauth/token' },
  ],
  malformed: [
    { request: { target: `/v1/connect/proj_demo/proxy/%%%?${who}`, headers: authorization }, code: 'invalid_url' },
  ],
  foreign: ['/', '/proxy/v1/orders', '/v2/connect', '/metrics'],
})
