// In place of the native client of AWS's runtime client, which needs a compiler: the same three calls over plain HTTP.
const { Agent, request } = require('node:http')
const Module = require('node:module')

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new Agent({ keepAlive: true })
let posted = Promise.resolve()

function send(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const call = request({ host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

const client = {
  async next() {
    await posted
    const { headers, body } = await send('GET', 'invocation/next')
    return { bodyJson: body, headers }
  },
  done(id, body) {
    posted = send('POST', `invocation/${id}/response`, body, { 'content-type': 'application/json' })
  },
  error(id, body) {
    posted = send('POST', `invocation/${id}/error`, body, { 'content-type': 'application/json' })
  },
}

const load = Module._load
Module._load = function loadOr(name, ...rest) {
  return name === './rapid-client.node' ? client : load.call(this, name, ...rest)
}
