import { clientCredentials } from './client-credentials.js'
import { apiKey, basic, none } from './keys.js'
import type { Mode } from './mode.js'
import { oauth2 } from './oauth2.js'
import { githubApp, oauth1, tokenBased } from './others.js'
import { session } from './session.js'
import { jwt } from './signed-grant.js'

/** `auth_mode` to what is made of it. */
export const modes: ReadonlyMap<string, Mode> = new Map([
  ['API_KEY', apiKey],
  ['APP', githubApp],
  ['BASIC', basic],
  ['INSTALL_PLUGIN', basic],
  ['JWT', jwt],
  ['MCP_OAUTH2', oauth2],
  ['NONE', none],
  ['OAUTH1', oauth1],
  ['OAUTH2', oauth2],
  ['OAUTH2_CC', clientCredentials],
  ['TBA', tokenBased],
  ['TWO_STEP', session],
])
