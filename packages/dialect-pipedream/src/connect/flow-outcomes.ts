import type { Clock, DocumentStore } from '@proxy/core'
import { z } from 'zod'
import { digest, stateLifeMs } from './authorization-state.js'

const kind = 'connect-flow'
const flowForm = /^[A-Za-z0-9_-]{43}$/

const outcomeSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('connected'), account: z.string() }),
  z.object({ status: z.literal('failed'), error: z.string() }),
])

export type FlowOutcome = z.output<typeof outcomeSchema>

/**
 * How attempts ended that went on in a window of their own. The framed page asks, since vendors may cut the tie between
 * the two windows, and browsers keep the storage of a frame apart.
 */
export interface FlowOutcomes {
  save(flow: string | undefined, outcome: FlowOutcome): Promise<void>
  find(flow: string): Promise<FlowOutcome | undefined>
}

export function flowOutcomes(documents: DocumentStore, clock: Pick<Clock, 'now'>): FlowOutcomes {
  return {
    async save(flow, outcome) {
      if (flow === undefined || !flowForm.test(flow)) return
      const expiresAt = clock.now() + stateLifeMs
      await documents.writeDocument({ kind, id: digest(flow), value: outcome, expiresAt }, undefined)
    },
    async find(flow) {
      if (!flowForm.test(flow)) return undefined
      const result = outcomeSchema.safeParse((await documents.readDocument(kind, digest(flow)))?.value)
      return result.success ? result.data : undefined
    },
  }
}
