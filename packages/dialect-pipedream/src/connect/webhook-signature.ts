import { createHmac, hkdfSync } from 'node:crypto'

/**
 * The secret that signs a project's webhooks, as receivers are given it: `whsec_` and base64. It is derived from a
 * signing key of the server (32 bytes in base64), so that there is nothing more to configure.
 */
export function webhookSecret(signingKey: string, project: string): string {
  return `whsec_${secretBytes(signingKey, project).toString('base64')}`
}

/** The headers of one delivery (Standard Webhooks 1.0): a signature by each key, so that keys can be changed. */
export function webhookHeaders(
  signingKeys: readonly string[],
  project: string,
  delivery: { readonly id: string; readonly epochSeconds: number; readonly body: string },
): readonly string[] {
  const { id, epochSeconds, body } = delivery
  const signatures = signingKeys.map((key) => {
    const signing = createHmac('sha256', secretBytes(key, project))
    return `v1,${signing.update(`${id}.${epochSeconds}.${body}`).digest('base64')}`
  })
  return ['webhook-id', id, 'webhook-timestamp', String(epochSeconds), 'webhook-signature', signatures.join(' ')]
}

function secretBytes(signingKey: string, project: string): Buffer {
  const key = Buffer.from(signingKey, 'base64')
  return Buffer.from(hkdfSync('sha256', key, '', `api-proxy webhook ${project}`, 32))
}
