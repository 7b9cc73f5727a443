import { testRuntime } from '@proxy/conformance'
import { toBufferedHandler, toStreamingHandler } from '@proxy/runtime-lambda'
import { type FrontKind, frontKinds } from './fronts/make-event.js'
import { startFront } from './fronts/start-front.js'
import { invokeBuffered, invokeStreaming, platform } from './function/in-process.js'

/** How the targets of the contract arrive behind each front; what is not here arrives as it was sent. */
const changes: Readonly<Record<FrontKind, Readonly<Record<string, string>>>> = {
  'function-url': { '/?': '/' },
  'http-api': {
    '/?': '/',
    '/a%2Fb/%2e%2e/c': '/a/b/../c',
    '/%zz%': '/%25zz%25',
  },
  'rest-api': {
    '/?': '/',
    '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y': '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y=',
    '/?a=%20+%2B': '/?a=%20%20%2B',
  },
  balancer: {
    '/?': '/',
    '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y': '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=2&y=',
  },
  'balancer-multi': {
    '/?': '/',
    '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y': '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y=',
  },
}

for (const kind of frontKinds) {
  testRuntime(
    `a buffered handler behind ${kind}`,
    (proxy) => startFront(kind, invokeBuffered(toBufferedHandler(proxy))),
    {
      keepsHeaders: false,
      streams: false,
      arrivesAs: (target) => changes[kind][target] ?? target,
      answerBytes: kind.startsWith('balancer') ? 700_000 : 3_000_000,
    },
  )
}

for (const kind of ['function-url', 'rest-api'] as const) {
  testRuntime(
    `a streaming handler behind ${kind}`,
    (proxy) => startFront(kind, invokeStreaming(toStreamingHandler(proxy, { platform }))),
    {
      keepsHeaders: false,
      streamsRequests: false,
      arrivesAs: (target) => changes[kind][target] ?? target,
    },
  )
}
