import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { proxyCore } from './machine.mjs'
import { haproxyConfiguration, nginxProxyConfiguration } from './origin.mjs'
import { freePort, startPinned, whenListening } from './processes.mjs'

const scripts = [
  'undici-dispatch',
  'two-dispatchers',
  'undici-stream',
  'undici-request',
  'undici-pipeline',
  'node-http',
  'reply-from',
  'fast-proxy',
  'http-proxy',
  'httpxy',
  'hono-proxy',
  'express-axios',
  'fetch',
]

/** What a caller of the product sends, so that every candidate reads the same head. */
const headers = { authorization: `Bearer ${'x'.repeat(300)}`, 'x-pd-environment': 'development' }

/**
 * The proxies to compare with, by name. Each one only forwards. `start({ folder, upstream, authority })` gives a
 * fresh process that listens, and `call(path)` the request that makes it fetch that path from the origin.
 */
export function peerCandidates(node) {
  const peers = [
    { name: 'nginx', start: startNginx },
    { name: 'haproxy', start: startHaproxy },
  ]
  for (const name of scripts) {
    const script = join(import.meta.dirname, '..', 'peers', `${name}.mjs`)
    peers.push({ name, start: (place) => startNode({ ...place, command: node, args: [script] }) })
  }
  return peers
}

/** Starts a Node script that reads PORT and UPSTREAM, with the call that reaches it. */
export async function startNode({ command, args, upstream, authority, env = {} }) {
  const port = await freePort()
  const handle = startPinned({
    core: proxyCore,
    command,
    args,
    env: { ...env, PORT: String(port), UPSTREAM: upstream.origin, NODE_EXTRA_CA_CERTS: authority },
  })
  return listening(handle, port)
}

async function startNginx({ folder, upstream }) {
  const port = await freePort()
  const own = join(folder, `nginx-${port}`)
  mkdirSync(own)
  writeFileSync(join(own, 'nginx.conf'), nginxProxyConfiguration({ folder: own, port, upstream }))
  const handle = startPinned({ core: proxyCore, command: 'nginx', args: ['-c', join(own, 'nginx.conf')] })
  return listening(handle, port)
}

async function startHaproxy({ folder, upstream, authority }) {
  const port = await freePort()
  const file = join(folder, `haproxy-${port}.cfg`)
  writeFileSync(file, haproxyConfiguration({ port, upstream, authority }))
  const handle = startPinned({ core: proxyCore, command: 'haproxy', args: ['-db', '-f', file] })
  return listening(handle, port)
}

async function listening(handle, port) {
  await whenListening(handle, port)
  return { ...handle, call: (path) => ({ url: `http://127.0.0.1:${port}${path}`, headers }) }
}
