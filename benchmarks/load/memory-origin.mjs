// The origin of the memory scenarios: /stream?bytes=N sends N bytes, /sink takes a body, /events stays open,
// /open says how many event streams are open.
import { createServer } from 'node:http'

const block = Buffer.alloc(65_536, 'x')
let open = 0

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://origin')
  if (pathname === '/stream') send(response, Number(searchParams.get('bytes')))
  else if (pathname === '/sink') take(request, response)
  else if (pathname === '/events') keepOpen(response)
  else if (pathname === '/open') response.end(JSON.stringify({ open }))
  else if (pathname === '/1k.json' || pathname === '/check') response.end(block.subarray(0, 1024))
  else response.writeHead(404).end()
})
server.keepAliveTimeout = 600_000
server.requestTimeout = 0
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 })

function send(response, bytes) {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes })
  let left = bytes
  const more = () => {
    while (left > 0) {
      const chunk = left < block.length ? block.subarray(0, left) : block
      left -= chunk.length
      if (!response.write(chunk)) return
    }
    response.end()
  }
  response.on('drain', more)
  more()
}

function take(request, response) {
  let bytes = 0
  request.on('data', (chunk) => {
    bytes += chunk.length
  })
  request.on('end', () => response.end(JSON.stringify({ bytes })))
}

function keepOpen(response) {
  open += 1
  response.once('close', () => {
    open -= 1
  })
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write('data: hello\n\n')
}
