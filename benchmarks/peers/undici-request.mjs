import { createServer } from 'node:http'
import { Pool } from 'undici'
import { deliver, endToEnd, fail, hasBody, listen, upstream } from './listen.mjs'

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
      deliver(answer.body, response)
    } catch {
      fail(response)
    }
  }),
)
