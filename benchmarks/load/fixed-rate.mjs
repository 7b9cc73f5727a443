// Calls at a fixed rate, whether or not the last one was answered, over connections that stay open. Takes one
// argument, JSON: { url, headers, rate, seconds, settleSeconds }; prints the latencies, JSON, in microseconds.
import { connect } from 'node:net'

const { url, headers, rate, seconds, settleSeconds } = JSON.parse(process.argv[2])
const { hostname, port, host, pathname, search } = new URL(url)
const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
const message = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`)
const end = Buffer.from('\r\n\r\n')

const total = Math.round(rate * (seconds + settleSeconds))
const ignored = Math.round(rate * settleSeconds)
const latencies = []
const waiting = []
const idle = []
let due = 0
let answered = 0
let began = 0

await Promise.all(Array.from({ length: 32 }, open))
began = performance.now()
const timer = setInterval(tick, 1)

// A call that finds no free connection counts from the moment it was due.
function tick() {
  const now = performance.now()
  while (due < total && now - began >= (due * 1000) / rate) {
    due += 1
    waiting.push({ since: now })
  }
  next()
}

function next() {
  while (waiting.length > 0 && idle.length > 0) {
    const call = waiting.shift()
    idle.shift().send(call)
  }
}

function finish({ since }) {
  answered += 1
  if (answered > ignored) latencies.push(Math.round((performance.now() - since) * 1000))
  if (answered < total) return
  clearInterval(timer)
  process.stdout.write(JSON.stringify(latencies), () => process.exit(0))
}

function open() {
  return new Promise((resolve) => {
    let call
    let received = Buffer.alloc(0)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const connection = {
      send(next) {
        call = next
        socket.write(message)
      },
    }
    socket.on('error', fail).on('close', () => fail(new Error('the proxy closed a connection')))
    socket.on('connect', () => {
      idle.push(connection)
      resolve()
    })
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const head = received.indexOf(end)
      if (head === -1) return
      const text = received.latin1Slice(0, head)
      const length = /^content-length: *(\d+)/im.exec(text)
      if (!text.startsWith('HTTP/1.1 200') || length === null) fail(new Error(`unexpected answer: ${text}`))
      if (received.length < head + end.length + Number(length[1])) return
      received = Buffer.alloc(0)
      finish(call)
      idle.push(connection)
      next()
    })
  })
}

function fail(error) {
  console.error(error.message)
  process.exit(1)
}
