import * as http from 'node:http'
import * as https from 'node:https'
import axios from 'axios'
import express from 'express'
import { deliver, listen, upstream } from './listen.mjs'

// The way Nango's proxy is built: body parsers before the route, axios with its own redirects and a stream as the
// answer, which is collected and sent unless it is chunked. Unlike there, connections are kept open.
const client = axios.create({
  proxy: false,
  httpAgent: new http.Agent({ keepAlive: true }),
  httpsAgent: new https.Agent({ keepAlive: true }),
})

const app = express()
app.use(express.json({ limit: '75mb' }))
app.use(express.raw({ type: 'application/octet-stream', limit: '75mb' }))
app.use(express.urlencoded({ extended: true, limit: '75mb' }))
app.all('/*path', async (request, response) => {
  const { host, connection, 'content-length': length, ...headers } = request.headers
  const answer = await client.request({
    url: `${upstream.origin}${request.originalUrl}`,
    method: request.method,
    headers,
    data: request.body,
    responseType: 'stream',
    decompress: false,
    validateStatus: () => true,
  })
  if (answer.headers['transfer-encoding'] === 'chunked') {
    response.writeHead(answer.status, Object.fromEntries(Object.entries(answer.headers)))
    deliver(answer.data, response)
    return
  }
  const chunks = []
  answer.data.on('data', (chunk) => chunks.push(chunk))
  answer.data.on('end', () => {
    response.status(answer.status).setHeader('content-type', answer.headers['content-type'])
    response.send(Buffer.concat(chunks))
  })
})

listen(http.createServer(app))
