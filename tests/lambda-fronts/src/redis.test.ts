import { rawRequest } from '@proxy/test-support'
import { startRedis } from '@proxy/test-support/redis'
import { expect, it, onTestFinished } from 'vitest'
import { account, apiKey, call, callHeaders, configuration, project, startFronted, upstreamForTest } from './world.js'

it('instances over Redis have the same accounts and limits, also after a freeze in which it closed its connections', async () => {
  const upstream = await upstreamForTest()
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const config = configuration(upstream.port, {
    storage: { kind: 'redis', url: redis.url },
    rateLimiter: { kind: 'redis' },
    limits: { project: { requests: 1_000, window: '10m' }, headTimeout: '20s' },
  })
  const [one, other] = await Promise.all([
    startFronted({ kind: 'function-url', config }),
    startFronted({ kind: 'rest-api', config }),
  ])
  onTestFinished(async () => {
    await one.stop()
    await other.stop()
  })

  const made = await rawRequest(`${one.url}/v1/connect/${project}/accounts?external_user_id=user-1`, {
    method: 'POST',
    headers: { ...callHeaders, 'content-type': 'application/json' },
    body: JSON.stringify({ app_slug: 'acme', cfmap_json: '{"api_key":"second-key"}' }),
  })
  const { id } = made.json() as { id: string }
  const listed = await rawRequest(`${other.url}/v1/connect/${project}/accounts?external_user_id=user-1`, {
    headers: callHeaders,
  })
  const ids = (listed.json() as { data: { id: string }[] }).data.map((one) => one.id)
  expect(ids.sort()).toEqual([id, account].sort())

  expect((await call(one.url, '/one')).headers['x-ratelimit-remaining']).toBe('999')
  expect((await call(other.url, '/other')).headers['x-ratelimit-remaining']).toBe('998')
  expect(upstream.requests.map((request) => request.values('x-api-key'))).toEqual([[apiKey], [apiKey]])

  process.kill(one.function.pid, 'SIGSTOP')
  await redis.run('CLIENT', 'KILL', 'TYPE', 'normal')
  const thawed = call(one.url, '/thawed')
  process.kill(one.function.pid, 'SIGCONT')
  expect((await thawed).status).toBe(200)
})
