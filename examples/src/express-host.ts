import type { ApiProxy } from '@proxy/core'
import { toNodeListener } from '@proxy/runtime-node'
import express, { type Express } from 'express'

/** The proxy mounted below a path of an Express app. It reads bodies itself: mount it before any body parser. */
export function makeExpressHost(proxy: ApiProxy): Express {
  const app = express()
  app.use('/vendors', toNodeListener(proxy))
  app.use(express.json())
  app.get('/vendors-hello', (_request, response) => void response.send('a route of the host'))
  return app
}
