import { randomBytes } from 'node:crypto'
import { Cancellation, type Clock, type Hook, parseTarget, type Transport, webhookHeaders } from '@proxy/core'
import { webhookKey } from './webhook-signature.js'

export interface WebhookOptions {
  /** The guarded transport: a webhook goes to public addresses only. */
  readonly transport: Transport
  /** Those of the tokens: 32 bytes in base64. Each signs. */
  readonly signingKeys: readonly string[]
  /** Hears of webhooks that could not be delivered. */
  readonly hooks?: readonly Hook[]
}

/** Sends an event to the address that a connect token names. Resolves when it arrived, or soon: the rest goes on behind. */
export type SendWebhook = (address: string | undefined, project: string, event: object) => Promise<void>

/** Before each further attempt. */
const waitsMs = [1_000, 5_000, 30_000]
const limits = { headTimeoutMs: 10_000, bodyIdleTimeoutMs: 5_000 }
/** How long an end user waits for somebody else's server. */
const patienceMs = 2_000

export function webhookSender(options: WebhookOptions | undefined, clock: Clock): SendWebhook {
  if (options === undefined) return async () => undefined
  const { transport, signingKeys, hooks = [] } = options

  async function attempt(address: string, project: string, id: string, body: string): Promise<string | undefined> {
    const epochSeconds = Math.floor(clock.now() / 1000)
    const secrets = signingKeys.map((key) => webhookKey(key, project))
    const signed = webhookHeaders(secrets, { id, epochSeconds, body })
    try {
      const request = {
        method: 'POST',
        target: parseTarget(address),
        headers: ['content-type', 'application/json', 'user-agent', 'api-proxy', ...signed],
        body: Buffer.from(body),
        bodyLength: undefined,
        identity: undefined,
      }
      const answer = await transport.send(request, limits, new Cancellation())
      answer.discard()
      return answer.status >= 200 && answer.status <= 299 ? undefined : `answered ${answer.status}`
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    }
  }

  async function deliver(address: string, project: string, event: object): Promise<void> {
    const id = `msg_${randomBytes(16).toString('hex')}`
    const body = JSON.stringify(event)
    let fault = await attempt(address, project, id, body)
    for (const waitMs of waitsMs) {
      if (fault === undefined) return
      await pause(clock, waitMs)
      fault = await attempt(address, project, id, body)
    }
    if (fault === undefined) return
    for (const hook of hooks) hook({ type: 'part', part: `webhook of ${project}`, state: 'degraded', reason: fault })
  }

  return async (address, project, event) => {
    if (address === undefined) return
    const delivery = deliver(address, project, event)
    await Promise.race([delivery, pause(clock, patienceMs)])
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}
