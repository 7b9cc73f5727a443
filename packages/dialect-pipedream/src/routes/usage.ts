import { z } from 'zod'
import { defineRoute, invalidField, noBody, type Route } from './route.js'
import { queryInteger } from './schemas.js'

const usageRow = z.object({
  credits_used: z.number(),
  proxy_credits_used: z.number(),
  usage_start_ts: z.int(),
  usage_end_ts: z.int(),
})

/** Nothing is billed here, so that every span costs nothing; the route exists for clients that ask. */
export function usageRoutes(): readonly Route[] {
  const epochSeconds = queryInteger(0, 253_402_300_799)
  return [
    defineRoute(
      {
        method: 'get',
        path: '/v1/connect/usage',
        tag: 'usage',
        summary: 'Credits used; always 0 on a server of your own',
        scope: 'connect:usage:read',
        forBrowsers: false,
        params: z.object({}),
        query: z.object({ start_ts: epochSeconds, end_ts: epochSeconds }),
        body: noBody,
        status: 200,
        answer: z.object({ data: z.array(usageRow) }),
      },
      ({ query: { start_ts: start, end_ts: end } }) => {
        if (end < start) throw invalidField('end_ts', 'must not be before start_ts')
        return { data: [{ credits_used: 0, proxy_credits_used: 0, usage_start_ts: start, usage_end_ts: end }] }
      },
    ),
  ]
}
