import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { CredentialValues } from '../account.js'
import { ProxyError } from '../errors.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import type { ClientIdentity } from '../ports/transport.js'
import type { Secret } from '../secret.js'
import { compileTemplate, type Template } from '../template.js'
import { optionalTextSetting, refuseUnknown } from './placement.js'

/**
 * `{ kind: mtls }`: a client certificate from the account, PEM texts. The upstream is always verified; `ca` adds an
 * authority to the well-known ones.
 */
export const mtlsStrategy: AuthStrategy = {
  kind: 'mtls',
  prepare(settings, field) {
    refuseUnknown(settings, ['certificate', 'private_key', 'ca'], field)
    const part = (name: string, usual: string) =>
      compileTemplate(optionalTextSetting(settings, name, field) ?? usual, `${field}.${name}`)
    const certificate = part('certificate', '{{custom_fields.client_certificate}}')
    const privateKey = part('private_key', '{{custom_fields.client_private_key}}')
    const ca = settings.ca === undefined ? undefined : part('ca', '')
    // One identity for each stored account, so that its connections can be reused.
    const identities = new WeakMap<Secret<CredentialValues>, ClientIdentity>()
    return {
      kind: 'mtls',
      headerNames: [],
      queryNames: [],
      body: 'untouched',
      inject(values) {
        let identity = identities.get(values)
        if (identity === undefined) {
          identity = makeIdentity(values.reveal(), certificate, privateKey, ca)
          identities.set(values, identity)
        }
        return { identity }
      },
    }
  },
}

function makeIdentity(
  values: CredentialValues,
  certificate: Template,
  privateKey: Template,
  ca: Template | undefined,
): ClientIdentity {
  const identity = {
    certificate: pem(certificate, values),
    privateKey: pem(privateKey, values),
    certificateAuthority: ca && pem(ca, values),
  }
  if (identity.certificateAuthority !== undefined && !isCertificate(identity.certificateAuthority)) {
    throw new ProxyError('account_config_invalid', "The account's certificate authority must be a PEM text.")
  }
  if (!belongTogether(identity.certificate, identity.privateKey)) {
    throw new ProxyError(
      'account_config_invalid',
      "The account's client certificate and private key must be PEM texts that belong together.",
    )
  }
  return identity
}

/** One-line forms hold `\n` written out. */
function pem(template: Template, values: CredentialValues): string {
  return template.render(values).replaceAll('\\n', '\n')
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}

function belongTogether(certificate: string, privateKey: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))
  } catch {
    return false
  }
}
