import { randomBytes } from 'node:crypto'
import { Cancellation } from './cancellation.js'
import type { Clock } from './ports/clock.js'
import type { Hook, RefreshEvent } from './ports/hooks.js'
import type { Transport } from './ports/transport.js'
import { systemClock } from './system-clock.js'
import { parseTarget } from './target.js'
import { pause, within } from './waiting.js'
import { webhookHeaders } from './webhook-headers.js'

export interface SignedWebhookOptions {
  /** Where to: a full URL. */
  readonly url: string
  /** Base64, with or without `whsec_` before it; at least 24 bytes. */
  readonly secret: string
  /** The guarded transport: a webhook goes to public addresses, and to those that the operator excepts. */
  readonly transport: Transport
  readonly clock?: Clock
  /** Hears of messages that could not be delivered: why, in a word. */
  readonly onUndelivered?: (reason: string) => void
}

export interface SignedWebhook {
  /** To be given to `createProxy` among the hooks. */
  readonly hook: Hook
  /** Resolves when every message was delivered, or given up. */
  idle(): Promise<void>
  /** As `idle`, before the process ends: within 3 s. */
  close(): Promise<void>
}

/** Before each further attempt. */
const waitsMs = [1_000, 5_000, 30_000]
const limits = { headTimeoutMs: 10_000, bodyIdleTimeoutMs: 5_000 }
/** Messages that wait; when the receiver is away for long, further ones are dropped. */
const waitingMost = 1_000
const sentAtOnce = 4
const secretBytesLeast = 24
const closeMs = 3_000

/**
 * Tells a receiver of accounts whose grant has ended: `{"type":"account.dead","timestamp":…,"data":{…}}`, signed by
 * Standard Webhooks 1.0 (`webhook-id`, `webhook-timestamp`, `webhook-signature`). A receiver that fails gets it again,
 * three times. Throws when URL or secret are none.
 */
export function signedWebhook(options: SignedWebhookOptions): SignedWebhook {
  const { transport, onUndelivered = ignore } = options
  const clock = options.clock ?? systemClock()
  const target = parseTarget(options.url)
  const secrets = [readSecret(options.secret)]
  const waiting: string[] = []
  const deliveries = new Set<Promise<void>>()

  /** Undefined when it arrived, else why not. */
  async function attempt(id: string, body: string): Promise<string | undefined> {
    const epochSeconds = Math.floor(clock.now() / 1000)
    const signed = webhookHeaders(secrets, { id, epochSeconds, body })
    const headers = ['content-type', 'application/json', 'user-agent', 'api-proxy', ...signed]
    const request = {
      method: 'POST',
      target,
      headers,
      body: Buffer.from(body),
      bodyLength: undefined,
      identity: undefined,
    }
    try {
      const answer = await transport.send(request, limits, new Cancellation())
      answer.discard()
      return answer.status >= 200 && answer.status <= 299 ? undefined : `answered ${answer.status}`
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    }
  }

  async function deliver(body: string): Promise<void> {
    const id = `msg_${randomBytes(16).toString('hex')}`
    let fault = await attempt(id, body)
    for (const waitMs of waitsMs) {
      if (fault === undefined) return
      await pause(clock, waitMs)
      fault = await attempt(id, body)
    }
    if (fault !== undefined) onUndelivered(fault)
  }

  function sendNext(): void {
    while (deliveries.size < sentAtOnce) {
      const body = waiting.shift()
      if (body === undefined) return
      const delivery = deliver(body).finally(() => {
        deliveries.delete(delivery)
        sendNext()
      })
      deliveries.add(delivery)
    }
  }

  async function idle(): Promise<void> {
    while (deliveries.size > 0) await Promise.all(deliveries)
  }

  return {
    hook(event) {
      if (event.type !== 'refresh' || event.outcome !== 'dead') return
      if (waiting.length >= waitingMost) {
        onUndelivered('too many messages wait')
        return
      }
      waiting.push(message(event, clock.now()))
      sendNext()
    },
    idle,
    async close() {
      await within(clock, closeMs, idle())
    },
  }
}

function message({ project, environment, account, app, reason }: RefreshEvent, now: number): string {
  return JSON.stringify({
    type: 'account.dead',
    timestamp: new Date(now).toISOString(),
    data: { project_id: project, environment, account_id: account, app, reason },
  })
}

function readSecret(text: string): Buffer {
  const base64 = text.replace(/^whsec_/, '')
  const secret = Buffer.from(base64, 'base64')
  if (secret.length >= secretBytesLeast && /^[A-Za-z0-9+/]+=*$/.test(base64)) return secret
  throw new Error(`The secret of a webhook must be at least ${secretBytesLeast} bytes in base64.`)
}

function ignore(): void {}
