import * as http from 'node:http'
import * as https from 'node:https'
import { deliver, endToEnd, fail, hasBody, listen, upstream } from './listen.mjs'

const client = upstream.protocol === 'https:' ? https : http
const agent = new client.Agent({ keepAlive: true })

listen(
  http.createServer((request, response) => {
    const outgoing = client.request(
      {
        agent,
        host: upstream.hostname,
        port: upstream.port,
        path: request.url,
        method: request.method,
        headers: [...endToEnd(request.rawHeaders), 'host', upstream.host],
      },
      (answer) => {
        response.writeHead(answer.statusCode, endToEnd(answer.rawHeaders))
        deliver(answer, response)
      },
    )
    outgoing.on('error', () => fail(response))
    if (hasBody(request)) request.pipe(outgoing)
    else outgoing.end()
  }),
)
