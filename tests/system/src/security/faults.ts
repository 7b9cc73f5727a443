import type { Socket } from 'node:net'

/** What an upstream does to a connection once it has read a request's head; `head` holds the credential. */
export type Fault = (socket: Socket, head: string) => void

function sends(bytes: string): Fault {
  return (socket) => socket.write(Buffer.from(bytes, 'latin1'))
}

function answers(status: string, ...headers: string[]): Fault {
  return sends(`HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}content-length: 2\r\n\r\nno`)
}

const start = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nsome'

/** Copies the target that it was asked for, credential and all, as vendors do. */
function copies(write: (url: string) => string): Fault {
  return (socket, head) => {
    const url = head.split(' ')[1] ?? '/'
    socket.write(Buffer.from(`${write(url)}content-length: 0\r\n\r\n`, 'latin1'))
  }
}

/** By name; each name is a path of the upstream. */
export const faults: Readonly<Record<string, Fault>> = {
  'resets-before-head': (socket) => socket.resetAndDestroy(),
  'closes-before-head': (socket) => socket.end(),
  'closes-in-head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  'resets-after-head': (socket) => socket.write(start, () => socket.resetAndDestroy()),
  'closes-in-body': (socket) => socket.end(start),
  'idle-body': sends(start),
  silent: () => undefined,
  'not-http': sends('SSH-2.0-OpenSSH_9.2\r\n'),
  'http-2': sends('HTTP/2 200\r\n\r\n'),
  garbage: sends('\x00\xff\x16\x03\x01\r\n\r\n'),
  'bad-chunk': sends('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n'),
  'two-lengths': sends('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nno'),
  'length-and-chunks': sends('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
  'bad-length': sends('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'),
  'status-099': answers('099 Odd'),
  'status-999': answers('999 Odd'),
  'status-101': sends('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  'many-100': sends('HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)),
  'huge-head': sends(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
  surplus: sends('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
  'bad-header-name': sends('HTTP/1.1 200 OK\r\nx y: 1\r\n\r\n'),
  'not-yours-401': answers('401 Unauthorized', 'www-authenticate: Bearer'),
  'too-many-429': answers('429 Too Many', 'retry-after: 1'),
  'broken-500': answers('500 Broken'),
  'to-another-host': answers('302 Found', 'location: https://evil.example/x'),
  'to-another-host-by-307': answers('307 Moved', 'location: https://evil.example/x'),
  'to-a-private-address': answers('302 Found', 'location: https://10.0.0.1/x'),
  'to-metadata': answers('302 Found', 'location: https://169.254.169.254/latest/meta-data'),
  'to-plain-http': answers('302 Found', 'location: http://evil.example/x'),
  'to-userinfo': answers('302 Found', 'location: https://127.0.0.1@evil.example/x'),
  'to-script': answers('302 Found', 'location: javascript:alert(1)'),
  'to-garbage': answers('302 Found', 'location: https://[::1'),
  'to-a-dead-port': answers('302 Found', 'location: https://127.0.0.1:1/x'),
  'to-itself': copies(() => 'HTTP/1.1 302 Found\r\nlocation: /fault/to-itself\r\n'),
  'to-what-was-asked': copies((url) => `HTTP/1.1 302 Found\r\nlocation: ${url}\r\n`),
  'to-another-host-with-what-was-asked': copies(
    (url) => `HTTP/1.1 302 Found\r\nlocation: https://evil.example${url}\r\n`,
  ),
  'created-where-was-asked': copies((url) => `HTTP/1.1 201 Created\r\nlocation: http://x.example${url}&id=1\r\n`),
  'next-page': copies(
    (url) => `HTTP/1.1 200 OK\r\nlink: <https://x.example${url}>; rel="next", <${url}>; rel=last\r\n`,
  ),
  'stands-where-was-asked': copies((url) => `HTTP/1.1 200 OK\r\ncontent-location: ${url}\r\nrefresh: 0;url=${url}\r\n`),
}
