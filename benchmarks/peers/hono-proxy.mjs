import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { listen, upstream } from './listen.mjs'

const app = new Hono()
app.all('*', (context) => {
  const { pathname, search } = new URL(context.req.url)
  return proxy(`${upstream.origin}${pathname}${search}`, context.req)
})

listen(createAdaptorServer(app))
