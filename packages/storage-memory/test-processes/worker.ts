import { systemClock } from '@proxy/core'
import { connectSharedState, processChannel } from '../src/index.js'

// A worker of a server: does what it is told over the same channel, and sends back what came of it.
const { storage, rateLimiter } = connectSharedState(processChannel(process), { clock: systemClock() })
const scope = { project: 'proj', environment: 'development' } as const
const bucket = { key: 'shared', limit: 100, windowMs: 60_000 }

interface Order {
  readonly number: number
  readonly order: 'read' | 'delete' | 'consume' | 'check'
  readonly id: string
}

async function carryOut({ order, id }: Order): Promise<unknown> {
  switch (order) {
    case 'read':
      return (await storage.readAccount(scope, id))?.name ?? 'absent'
    case 'delete':
      return await storage.deleteAccount(scope, id)
    case 'consume': {
      const decisions = await Promise.all(Array.from({ length: 200 }, () => rateLimiter.consume([bucket])))
      return decisions.filter((decision) => decision?.allowed).length
    }
    case 'check':
      return await storage.check().then(
        () => 'ok',
        (error: unknown) => String(error),
      )
  }
}

process.on('message', (message: object) => {
  if (!('order' in message)) return
  const order = message as Order
  carryOut(order).then(
    (result) => process.send?.({ number: order.number, result }),
    (error: unknown) => process.send?.({ number: order.number, result: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.({ number: 0, result: 'ready' })
