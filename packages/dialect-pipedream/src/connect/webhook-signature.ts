import { hkdfSync } from 'node:crypto'

/**
 * The secret that signs a project's webhooks, as receivers are given it: `whsec_` and base64. It is derived from a
 * signing key of the server (32 bytes in base64), so that there is nothing more to configure.
 */
export function webhookSecret(signingKey: string, project: string): string {
  return `whsec_${webhookKey(signingKey, project).toString('base64')}`
}

/** The bytes of that secret. */
export function webhookKey(signingKey: string, project: string): Buffer {
  const key = Buffer.from(signingKey, 'base64')
  return Buffer.from(hkdfSync('sha256', key, '', `api-proxy webhook ${project}`, 32))
}
