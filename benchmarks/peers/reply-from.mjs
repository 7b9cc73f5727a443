import replyFrom from '@fastify/reply-from'
import fastify from 'fastify'
import { upstream } from './listen.mjs'

const app = fastify({ keepAliveTimeout: 600_000 })
// Bodies go through as streams.
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
// The default of 128 connections would let the event streams of the memory scenario wait.
app.register(replyFrom, { base: upstream.origin, undici: { connections: 20_000 } })
app.all('/*', (request, reply) => reply.from(request.raw.url))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.once('SIGTERM', () => process.exit(0))
