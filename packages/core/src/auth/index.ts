import type { AuthStrategy } from '../ports/auth-strategy.js'
import { awsSigV4Strategy } from './aws-sigv4.js'
import { basicStrategy } from './basic.js'
import { bearerStrategy } from './bearer.js'
import { bodyStrategy } from './body.js'
import { clientCredentialsStrategy } from './client-credentials.js'
import { cookieStrategy } from './cookie.js'
import { googleAdsStrategy } from './google-ads.js'
import { headerStrategy } from './header.js'
import { hmacStrategy } from './hmac.js'
import { jwtBearerStrategy } from './jwt-bearer.js'
import { mtlsStrategy } from './mtls.js'
import { noneStrategy } from './none.js'
import { oauth1Strategy } from './oauth1.js'
import { pathStrategy } from './path.js'
import { queryStrategy } from './query.js'
import { sessionStrategy } from './session.js'

/** Kind of an app's `auth` entry to the strategy behind it. A new kind is one file and one line here. */
export const strategies: ReadonlyMap<string, AuthStrategy> = new Map(
  [
    headerStrategy,
    bearerStrategy,
    basicStrategy,
    queryStrategy,
    pathStrategy,
    bodyStrategy,
    cookieStrategy,
    mtlsStrategy,
    googleAdsStrategy,
    jwtBearerStrategy,
    clientCredentialsStrategy,
    sessionStrategy,
    hmacStrategy,
    oauth1Strategy,
    awsSigV4Strategy,
    noneStrategy,
  ].map((strategy) => [strategy.kind, strategy]),
)
