import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * What another collection says of one of its entries.
 *
 * @typedef {{ source: string, name: string, facts: Readonly<Record<string, string>> }} Claim
 */

/** `grant` (MIT): a table of endpoints. OAuth 1 is left out. @returns {Claim[]} */
export function grantClaims(modules) {
  const table = JSON.parse(readFileSync(join(modules, 'grant/config/oauth.json'), 'utf8'))
  return Object.entries(table)
    .filter(([, { oauth }]) => oauth === 2)
    .map(([name, { authorize_url, access_url, scope_delimiter }]) =>
      claim('grant', name, { authorize_url, token_url: access_url, scope_separator: scope_delimiter }),
    )
}

/** `arctic` (MIT): a file a provider, with its endpoints as constants. @returns {Claim[]} */
export function arcticClaims(modules) {
  const folder = join(modules, 'arctic/dist/providers')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const constant = (name) => new RegExp(`const ${name} = "([^"]+)"`).exec(text)?.[1]
      return claim('arctic', file.replace(/\.js$/, ''), {
        authorize_url: constant('authorizationEndpoint') ?? constant('authorizeEndpoint'),
        token_url: constant('tokenEndpoint'),
        revoke_url: constant('tokenRevocationEndpoint'),
      })
    })
}

/** `@auth/core` (ISC): a function a provider; those that leave their endpoints to discovery say nothing. */
export async function authCoreClaims(modules) {
  const folder = join(modules, '@auth/core/providers')
  const claims = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    const made = await callProvider(join(folder, file))
    if (made === undefined) continue
    const { authorization, token } = made
    claims.push(
      claim('@auth/core', file.replace(/\.js$/, ''), { authorize_url: urlOf(authorization), token_url: urlOf(token) }),
    )
  }
  return claims
}

/** Undefined for what needs more than a client, such as a library for mail. */
async function callProvider(file) {
  try {
    const { default: provider } = await import(pathToFileURL(file).href)
    return provider({ clientId: 'id', clientSecret: 'secret', issuer: 'https://issuer.example', options: {} })
  } catch {
    return undefined
  }
}

function urlOf(endpoint) {
  return typeof endpoint === 'string' ? endpoint : endpoint?.url
}

function claim(source, name, facts) {
  const known = Object.entries(facts).filter(
    ([, value]) => typeof value === 'string' && !/issuer\.example|undefined/.test(value),
  )
  return { source, name, facts: Object.fromEntries(known) }
}
