import { createHmac } from 'node:crypto'

export interface WebhookDelivery {
  /** The same for every attempt, so that a receiver can tell a repetition. */
  readonly id: string
  readonly epochSeconds: number
  readonly body: string
}

/**
 * The headers of one webhook delivery (Standard Webhooks 1.0), flat: id, timestamp, and a signature by each secret, so
 * that secrets can be changed.
 */
export function webhookHeaders(secrets: readonly Buffer[], delivery: WebhookDelivery): readonly string[] {
  const { id, epochSeconds, body } = delivery
  const signatures = secrets.map((secret) => {
    const signing = createHmac('sha256', secret)
    return `v1,${signing.update(`${id}.${epochSeconds}.${body}`).digest('base64')}`
  })
  return ['webhook-id', id, 'webhook-timestamp', String(epochSeconds), 'webhook-signature', signatures.join(' ')]
}
