import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testRuntime } from '@proxy/conformance'
import { listen } from './listen.js'
import { toNodeListener } from './node-listener.js'

testRuntime('listen', async (proxy) => {
  const server = await listen({ proxy, port: 0, drainTimeoutMs: 0 })
  return { url: server.url, stop: () => server.drain() }
})

testRuntime("toNodeListener in a host's own server", async (proxy) => {
  const server = createServer(toNodeListener(proxy))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
})
