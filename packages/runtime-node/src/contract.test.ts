import { testRuntime } from '@proxy/conformance'
import { listen } from './listen.js'

testRuntime('listen', async (proxy) => {
  const server = await listen({ proxy, port: 0 })
  return { url: server.url, stop: () => server.drain() }
})
