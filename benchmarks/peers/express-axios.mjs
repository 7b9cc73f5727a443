import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream'
import axios from 'axios'
import express from 'express'
import { hasBody, listen, upstream } from './listen.mjs'

const client = axios.create({
  baseURL: upstream.origin,
  httpAgent: new Agent({ keepAlive: true }),
  httpsAgent: new TlsAgent({ keepAlive: true }),
  responseType: 'stream',
  decompress: false,
  maxRedirects: 0,
  maxBodyLength: Number.POSITIVE_INFINITY,
  validateStatus: () => true,
})

const app = express()
app.use(async (request, response) => {
  const { host, connection, 'keep-alive': keepAlive, 'transfer-encoding': coding, ...headers } = request.headers
  const answer = await client.request({
    url: request.originalUrl,
    method: request.method,
    headers,
    data: hasBody(request) ? request : undefined,
  })
  response.status(answer.status)
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding') response.setHeader(name, value)
  }
  pipeline(answer.data, response, () => {})
})

listen(createServer(app))
