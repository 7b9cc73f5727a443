import replyFrom from '@fastify/reply-from'
import fastify from 'fastify'
import { upstream } from './listen.mjs'

const app = fastify({ keepAliveTimeout: 600_000 })
// Bodies go through as streams.
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (request, payload, done) => done(null, payload))
app.register(replyFrom, { base: upstream.origin })
app.all('/*', (request, reply) => reply.from(request.raw.url))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.once('SIGTERM', () => process.exit(0))
