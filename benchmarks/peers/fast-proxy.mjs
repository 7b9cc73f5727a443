import { createServer } from 'node:http'
import fastProxy from 'fast-proxy'
import { listen, upstream } from './listen.mjs'

const { proxy } = fastProxy({ base: upstream.origin })

listen(createServer((request, response) => proxy(request, response, request.url)))
