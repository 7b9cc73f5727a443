import { z } from 'zod'
import { defineRoute, type Route } from './route.js'
import type { RouteParts } from './route-parts.js'

export function rateLimitRoutes({ windowTokens }: RouteParts): readonly Route[] {
  return [
    defineRoute(
      {
        method: 'post',
        path: '/v1/connect/rate_limits',
        aliases: ['/v1/connect/{project}/rate_limits'],
        tag: 'rate limits',
        summary: 'Make a rate window of your own; it counts beside the other limits',
        scope: 'connect:proxy',
        forBrowsers: false,
        params: z.object({ project: z.string().optional() }),
        query: z.object({}),
        body: z.object({
          window_size_seconds: z
            .int()
            .min(1)
            .max(31 * 24 * 3600),
          requests_per_window: z.int().min(1).max(1_000_000_000),
        }),
        status: 200,
        answer: z.object({ token: z.string().describe('send it as x-pd-rate-limit') }),
      },
      async ({ body, caller }) => {
        const window = { requests: body.requests_per_window, windowSeconds: body.window_size_seconds }
        return { token: await windowTokens.issue(window, caller.project) }
      },
    ),
  ]
}
