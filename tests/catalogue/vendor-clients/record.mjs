// Lets each vendor's own client make one call, keeps the request in place of sending it, and writes what it would have
// sent to ../vendor-requests.yaml: `npm install` in this folder, then `node record.mjs`.
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { stringify } from 'yaml'
import { clients } from './clients.mjs'

/** Headers that say who asks and by what; everything else of a client's own is of no interest here. */
const shownHeaders = /^(?:authorization|x-.*(?:token|key).*|.*-api-key|.*version)$/

let seen = []

function keep(method, url, headers) {
  const shown = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value)])
    .filter(([name]) => shownHeaders.test(name) && !/stainless|lang|sdk|client|package/.test(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  seen.push({ method: method.toUpperCase(), url, headers: Object.fromEntries(shown) })
}

globalThis.fetch = async (input, init = {}) => {
  const request = new Request(input, { ...init, ...(init.body && { duplex: 'half' }) })
  keep(request.method, request.url, Object.fromEntries(request.headers))
  return new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } })
}

// Clients that speak through node:https reach a server of this process, which answers `{}` to everything.
const answering = http.createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})
await new Promise((resolve) => answering.listen(0, '127.0.0.1', resolve))
const plainRequest = http.request.bind(http)
https.request = (...args) => {
  const options = {
    ...(typeof args[0] === 'string' || args[0] instanceof URL ? toOptions(new URL(args[0])) : {}),
    ...args.find(isOptions),
  }
  const listener = args.find((arg) => typeof arg === 'function')
  const { agent: _, protocol: __, ...others } = options
  const host = options.hostname ?? String(options.host).replace(/:\d+$/, '')
  const request = plainRequest(
    { ...others, protocol: 'http:', host: '127.0.0.1', hostname: '127.0.0.1', port: answering.address().port },
    listener,
  )
  const end = request.end.bind(request)
  request.end = (...rest) => {
    keep(options.method ?? 'GET', `https://${host}${options.path ?? '/'}`, request.getHeaders())
    return end(...rest)
  }
  return request
}
syncBuiltinESMExports()

function isOptions(arg) {
  return typeof arg === 'object' && arg !== null && !(arg instanceof URL)
}

function toOptions({ hostname, pathname, search }) {
  return { hostname, path: `${pathname}${search}` }
}

// What a client makes of `{}` is its own affair.
process.on('uncaughtException', () => undefined)
process.on('unhandledRejection', () => undefined)
const withinMs = 10_000

/** Resolves soon after the first request. */
async function sent() {
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}

const recorded = []
for (const { package: name, app, account, call } of clients) {
  seen = []
  // The answer makes no sense to most of them; what counts is what they asked.
  const late = new Promise((resolve) => setTimeout(resolve, withinMs))
  const fault = await Promise.race([call().catch((error) => error), sent(), late])
  const [request] = seen
  if (request === undefined) {
    process.stderr.write(`${name}: sent nothing: ${fault?.stack ?? ''}\n`)
    process.exitCode = 1
    continue
  }
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'))
  recorded.push({ package: name, version, app, account, request })
}
writeFileSync(new URL('../vendor-requests.yaml', import.meta.url), stringify(recorded, { lineWidth: 0 }))
process.stdout.write(`${recorded.length} clients.\n`)
answering.close()
process.exit()
