import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCore, proxyCore } from './machine.mjs'
import { credential } from './origin.mjs'
import { freePort, run, startPinned, whenListening } from './processes.mjs'
import { redisFor } from './redis.mjs'

const project = 'proj_benchmark'
const client = { id: 'benchmark', secret: 'benchmark-client-secret' }
const builtServer = join(import.meta.dirname, '..', '..', 'apps', 'node-server', 'dist', 'cli.js')

/**
 * The built server with its whole pipeline on: a signed token from its own token endpoint, accounts in memory or, with
 * `redis`, accounts and limits in a Redis of that name, a rate limit so high that it never refuses, metrics, one log line
 * a call into a pipe that is read.
 */
export function productCandidate({
  node,
  server = builtServer,
  name = 'product',
  workers = 1,
  accounts = 1,
  apps = 1,
  redis,
  nodeOptions = [],
}) {
  if (!existsSync(server)) throw new Error(`${server} is not there: run "npm run bootstrap" first.`)
  return {
    name,
    start: (place) => startProduct({ ...place, node, server, workers, accounts, apps, redis, nodeOptions }),
  }
}

async function startProduct({ folder, upstream, authority, env = {}, node, server, nodeOptions, ...setUp }) {
  const { workers, accounts, apps, redis } = setUp
  const port = await freePort()
  const own = join(folder, `product-${port}`)
  mkdirSync(own)
  const configuration = join(own, 'proxy.config.yaml')
  const log = await openLog(own)
  const store = redis === undefined ? undefined : await redisFor(redis, folder)
  // JSON is YAML.
  writeFileSync(configuration, JSON.stringify(describe({ port, upstream, accounts, apps, store })))
  const handle = startPinned({
    core: proxyCore,
    command: node,
    args: [...nodeOptions, server, 'serve', '--config', configuration],
    env: { ...env, WORKERS: String(workers), NODE_EXTRA_CA_CERTS: authority },
    output: log.descriptor,
  })
  closeSync(log.descriptor)
  await whenListening(handle, port, 300)
  const base = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${await token(base)}`, 'x-pd-environment': 'development' }
  const call = (path, index = 0) => ({
    url: `${base}/v1/connect/${project}/proxy/${encode(`${upstream.origin}${path}`)}?external_user_id=user-${index}&account_id=${accountId(index)}`,
    headers,
  })
  await check(call)
  const counted = store && { roundTrips: store.roundTrips, checkParts: () => checkParts(base) }
  return { ...handle, call, folder: own, countLogged: log.count, ...counted }
}

const accountId = (index) => `apn_b${String(index).padStart(6, '0')}`
const appSlug = (index) => `bench_${index}`
const encode = (url) => Buffer.from(url).toString('base64url')

/** A pipe as a container's log collector reads it. `count` gives the number of its lines once the writer has ended. */
async function openLog(folder) {
  const pipe = join(folder, 'log')
  await run('mkfifo', [pipe])
  // Opened for both, or it would wait for the reader.
  const descriptor = openSync(pipe, 'r+')
  const counted = run('taskset', ['-c', String(loadCore), 'sh', '-c', 'exec wc -l < "$0"', pipe])
  return { descriptor, count: async () => Number(await counted) }
}

function describe({ port, upstream, accounts, apps, store }) {
  const { sealing, signing } = store?.keys ?? newKeys()
  return {
    server: { host: '127.0.0.1', port, publicUrl: `http://127.0.0.1:${port}` },
    storage: store === undefined ? { kind: 'memory' } : { kind: 'redis', url: store.url, cacheFor: '1h' },
    // Redis shares a core with the load here; what it does not answer in time would be counted in memory.
    rateLimiter: store === undefined ? { kind: 'memory' } : { kind: 'redis', timeout: '5s' },
    encryption: { keys: [sealing] },
    tokens: { signingKeys: [signing] },
    network: { allowPrivate: [`127.0.0.1:${upstream.port}`] },
    limits: {
      project: { requests: 1_000_000_000, window: '60s' },
      headTimeout: '30s',
      bodyIdleTimeout: '600s',
      maxRequestBody: '5GiB',
      connectionsPerOrigin: 20_000,
    },
    projects: [{ id: project, clients: [{ ...client, scopes: ['*'] }] }],
    apps: Array.from({ length: apps }, (_, index) => ({
      name_slug: appSlug(index),
      name: `Benchmark ${index}`,
      auth_type: 'keys',
      custom_fields: [{ name: 'api_key', label: 'API key', type: 'password' }],
      connect: {
        proxy_enabled: true,
        allow_http: true,
        base_proxy_target_url: upstream.origin,
        allowed_domains: [upstream.host],
      },
      auth: [{ kind: 'header', name: credential.name, value: '{{custom_fields.api_key}}' }],
    })),
    accounts: Array.from({ length: accounts }, (_, index) => ({
      project,
      environment: 'development',
      id: accountId(index),
      external_user_id: `user-${index}`,
      app: appSlug(index % apps),
      custom_fields: { api_key: credential.value },
    })),
  }
}

function newKeys() {
  const key = () => randomBytes(32).toString('base64')
  return { sealing: key(), signing: key() }
}

/** A figure of a limiter that counted elsewhere meanwhile would be another set-up's. */
async function checkParts(base) {
  const { parts } = await (await fetch(`${base}/readyz`)).json()
  const degraded = Object.keys(parts).filter((part) => parts[part] !== 'ok')
  if (degraded.length > 0) throw new Error(`degraded under load: ${degraded.join(', ')}`)
}

async function token(base) {
  const answer = await fetch(`${base}/v1/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }),
  })
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()).access_token
}

/** The pipeline must be whole: the credential arrives, and nobody gets through without a token. */
async function check(call) {
  const { url, headers } = call('/check')
  const answer = await fetch(url, { headers })
  if (answer.status !== 200) throw new Error(`the product answered ${answer.status}: ${await answer.text()}`)
  const refused = await fetch(url, { headers: { ...headers, authorization: 'Bearer wrong' } })
  if (refused.status !== 401) throw new Error(`the product answered a wrong token with ${refused.status}`)
}
