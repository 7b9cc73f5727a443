import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { deliver, endToEnd, fail, hasBody, listen, upstream } from './listen.mjs'

listen(
  createServer(async (request, response) => {
    try {
      const sent = endToEnd(request.rawHeaders)
      const headers = new Headers()
      for (let index = 0; index < sent.length; index += 2) headers.append(sent[index], sent[index + 1])
      headers.delete('content-length')
      const answer = await fetch(new URL(request.url, upstream), {
        method: request.method,
        headers,
        redirect: 'manual',
        ...(hasBody(request) ? { body: Readable.toWeb(request), duplex: 'half' } : {}),
      })
      const kept = [...answer.headers].filter(([name]) => !/^(connection|keep-alive|transfer-encoding)$/.test(name))
      response.writeHead(answer.status, kept.flat())
      if (answer.body === null) response.end()
      else deliver(Readable.fromWeb(answer.body), response)
    } catch {
      fail(response)
    }
  }),
)
