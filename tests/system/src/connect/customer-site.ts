import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'

/** The web site of a project, whose pages use the official browser client. */
export interface CustomerSite {
  readonly origin: string
  stop(): Promise<void>
}

/** What `connect` does on the page: how the client's callbacks were called. */
export interface ClientEvents {
  readonly successes: { readonly id: string }[]
  readonly errors: string[]
  readonly closes: { readonly successful: boolean; readonly completed: boolean }[]
}

export interface ClientSettings {
  /** Host and port of the server, as the client's `frontendHost`. */
  readonly host: string
  readonly token: string
  readonly externalUserId: string
}

const clients = fileURLToPath(new URL('../../../official-clients/', import.meta.url))

const pageScript = `
import { createFrontendClient } from 'pipedream-sdk-3/browser'
window.events = { successes: [], errors: [], closes: [] }
window.client = ({ host, token, externalUserId }) => createFrontendClient({
  baseUrl: 'https://' + host,
  frontendHost: host,
  externalUserId,
  projectEnvironment: 'development',
  tokenCallback: async () => ({ token, expiresAt: new Date(Date.now() + 3600_000), connectLinkUrl: '' }),
})
window.connect = (settings, options) => window.client(settings).connectAccount({
  ...options,
  onSuccess: (result) => window.events.successes.push(result),
  onError: (error) => window.events.errors.push(error.message),
  onClose: (status) => window.events.closes.push(status),
})
window.callProxy = async (settings, call) => {
  const answer = await window.client(settings).proxy.get({ externalUserId: settings.externalUserId, ...call })
  return answer
}
`

/** Serves one page with the client, bundled from the workspace, at `/`, and what a link leads back to elsewhere. */
export async function startCustomerSite(): Promise<CustomerSite> {
  const { outputFiles } = await build({
    stdin: { contents: pageScript, resolveDir: clients, loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['browser'],
    external: ['node:*', 'fs', 'stream', 'crypto'],
    logLevel: 'silent',
  })
  const bundle = outputFiles[0]?.text ?? ''
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(
      isScript ? bundle : '<!doctype html><title>Customer</title><h1>Customer</h1><script src="/client.js"></script>',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface CustomerWindow {
  readonly events: ClientEvents
  connect(settings: ClientSettings, options: object): Promise<void>
  callProxy(settings: ClientSettings, call: object): Promise<unknown>
}

/** As the customer's own script would: `client.connectAccount(…)`. */
export async function connectOn(page: Page, settings: ClientSettings, options: object): Promise<void> {
  await page.evaluate(([given, wanted]) => (globalThis as unknown as CustomerWindow).connect(given, wanted), [
    settings,
    options,
  ] as const)
}

/** Waits until the client's callbacks were called so that `isDone`. */
export async function eventsOn(page: Page, wanted: keyof ClientEvents): Promise<ClientEvents> {
  await page.waitForFunction((name) => (globalThis as unknown as CustomerWindow).events[name].length > 0, wanted)
  return page.evaluate(() => (globalThis as unknown as CustomerWindow).events)
}

/** As the customer's own script would: `client.proxy.get(…)`. */
export async function callProxyOn(page: Page, settings: ClientSettings, call: object): Promise<unknown> {
  return page.evaluate(([given, wanted]) => (globalThis as unknown as CustomerWindow).callProxy(given, wanted), [
    settings,
    call,
  ] as const)
}
