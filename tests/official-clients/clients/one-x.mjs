// Runs the official 1.x client in a process of its own: it speaks https only, and Node reads the certificates that it
// shall trust beyond its own when a process starts. Each message { id, method, parameters } is one call of the client.
import { createBackendClient } from 'pipedream-sdk-1'

const client = createBackendClient(JSON.parse(process.argv[2]))

process.on('message', ({ id, method, parameters }) => {
  Promise.resolve()
    .then(() => client[method](...parameters))
    .then(
      (value) => process.send({ id, value }),
      (error) => process.send({ id, error: error.message }),
    )
})
process.on('disconnect', () => process.exit())
