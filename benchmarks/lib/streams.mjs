import { request as send } from 'node:http'
import { connect } from 'node:net'

const block = Buffer.alloc(65_536, 'x')

/** Reads an answer to its end; `onBytes(total)` is told after each chunk and may return a promise to wait for. */
export async function download({ url, headers }, onBytes) {
  const response = await answer(send(url, { headers }))
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    await onBytes(bytes)
  }
  return bytes
}

/** Sends a body of so many bytes; `onBytes(total)` is told after each block that the socket took. */
export async function upload({ url, headers }, total, onBytes) {
  const request = send(url, { method: 'POST', headers: { ...headers, 'content-length': total } })
  const answered = answer(request)
  for (let sent = 0; sent < total; sent += block.length) {
    if (!request.write(block)) await Promise.race([new Promise((resolve) => request.once('drain', resolve)), answered])
    onBytes(sent + block.length)
  }
  request.end()
  let text = ''
  for await (const chunk of await answered) text += chunk
  return JSON.parse(text).bytes
}

/** Opens one event stream over a socket of its own and resolves when its first event is here. */
export function openEventStream({ url, headers }) {
  const { hostname, port, host, pathname, search } = new URL(url)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    let received = ''
    socket.setTimeout(30_000, () => socket.destroy(new Error('no event within 30 s')))
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`)
    socket.on('data', (chunk) => {
      received += chunk
      if (!received.includes('data: hello')) return
      socket.setTimeout(0)
      socket.removeAllListeners('data').resume()
      resolve(socket)
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`an event stream was closed: ${received.slice(0, 500)}`)))
  })
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      if (response.statusCode === 200) resolve(response)
      else reject(new Error(`answered ${response.statusCode}`))
    })
    if (request.method === 'GET') request.end()
  })
}
