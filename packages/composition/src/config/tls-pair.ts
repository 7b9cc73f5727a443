import { createSecureContext } from 'node:tls'
import { z } from 'zod'

const certMessage = `must be a certificate chain in PEM, such as \${file:/etc/tls/tls.crt}`
const keyMessage = `must be a private key in PEM without a passphrase, such as \${file:/etc/tls/tls.key}`

/** A certificate and its key, as a listener will take them. */
export const tlsPair = z
  .strictObject({
    cert: z.string({ error: certMessage }).refine((cert) => isTaken({ cert }), { error: certMessage }),
    key: z.string({ error: keyMessage }).refine((key) => isTaken({ key }), { error: keyMessage }),
  })
  .refine(({ cert, key }) => !isTaken({ cert }) || !isTaken({ key }) || isTaken({ cert, key }), {
    error: 'is not the key of server.tls.cert',
    path: ['key'],
  })

function isTaken(parts: { cert?: string; key?: string }): boolean {
  if (parts.cert === '' || parts.key === '') return false
  try {
    createSecureContext(parts)
    return true
  } catch {
    return false
  }
}
