import { directCandidate } from '../bars/latency.mjs'
import { peerCandidates } from './peers.mjs'
import { productCandidate } from './product.mjs'

const manyAccounts = 100_000
const manyApps = 1000

/**
 * Everything that can be measured, made when it is asked for by name: the peers run without a built server.
 * A set-up of the product with another store or limiter is one more line here and one scenario.
 */
export function candidateByName({ node, server }) {
  const product = (name, options = {}) =>
    productCandidate({ node, name, ...(server === undefined ? {} : { server }), ...options })
  const makers = new Map([
    ...peerCandidates(node).map((peer) => [peer.name, () => peer]),
    ['direct', () => directCandidate],
    ['product', () => product('product')],
    ['product-again', () => product('product-again')],
    ['two-workers', () => product('two-workers', { workers: 2 })],
    [
      '100,000-accounts',
      () => ({ ...product('100,000-accounts', { accounts: manyAccounts }), scriptArguments: [manyAccounts] }),
    ],
    [
      '1,000-apps',
      () => ({ ...product('1,000-apps', { accounts: manyApps, apps: manyApps }), scriptArguments: [manyApps] }),
    ],
    ['redis', () => product('redis', { redis: 'one' })],
    [
      'redis-100,000-accounts',
      () => ({
        ...product('redis-100,000-accounts', { redis: 'many', accounts: manyAccounts }),
        scriptArguments: [manyAccounts],
        // So many that each account was asked for once, and is remembered.
        warmUpCalls: manyAccounts,
      }),
    ],
  ])
  return (name) => makers.get(name)()
}
