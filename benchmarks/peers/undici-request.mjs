import { createServer } from 'node:http'
import { pipeline } from 'node:stream'
import { Pool } from 'undici'
import { endToEnd, hasBody, listen, upstream } from './listen.mjs'

const pool = new Pool(upstream.origin)

listen(
  createServer(async (request, response) => {
    try {
      const answer = await pool.request({
        path: request.url,
        method: request.method,
        headers: endToEnd(request.rawHeaders),
        body: hasBody(request) ? request : null,
      })
      const { connection, 'keep-alive': keepAlive, 'transfer-encoding': coding, ...headers } = answer.headers
      response.writeHead(answer.statusCode, headers)
      pipeline(answer.body, response, () => {})
    } catch {
      response.writeHead(502).end()
    }
  }),
)
