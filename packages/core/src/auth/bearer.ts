import type { AuthStrategy } from '../ports/auth-strategy.js'
import { compileTemplate } from '../template.js'
import { headerAuth } from './header.js'
import { optionalTextSetting, refuseUnknown } from './placement.js'

/** `{ kind: bearer }`: the OAuth access token as `Authorization: Bearer …` (RFC 6750, 2.1); `token` and `scheme` change it. */
export const bearerStrategy: AuthStrategy = {
  kind: 'bearer',
  prepare(settings, field) {
    refuseUnknown(settings, ['token', 'scheme'], field)
    const token = optionalTextSetting(settings, 'token', field) ?? '{{credentials.oauth_access_token}}'
    const scheme = optionalTextSetting(settings, 'scheme', field) ?? 'Bearer'
    return headerAuth('bearer', 'authorization', compileTemplate(`${scheme} ${token}`, `${field}.token`))
  },
}
