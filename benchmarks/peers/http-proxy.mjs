import * as http from 'node:http'
import * as https from 'node:https'
import httpProxy from 'http-proxy'
import { fail, listen, upstream } from './listen.mjs'

const client = upstream.protocol === 'https:' ? https : http
const proxy = httpProxy.createProxyServer({
  target: upstream.origin,
  agent: new client.Agent({ keepAlive: true }),
  changeOrigin: true,
})
proxy.on('error', (_error, _request, response) => fail(response))

listen(http.createServer((request, response) => proxy.web(request, response)))
