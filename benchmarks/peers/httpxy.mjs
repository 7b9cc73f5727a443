import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'httpxy'
import { fail, listen, upstream } from './listen.mjs'

const proxy = createProxyServer({ target: upstream.origin, agent: new Agent({ keepAlive: true, maxSockets: 1024 }) })

listen(createServer((request, response) => proxy.web(request, response).catch(() => fail(response))))
