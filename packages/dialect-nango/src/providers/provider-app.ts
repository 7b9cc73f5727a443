import type { AppDefinition, AuthEntry, RetryRules } from '@proxy/core'
import { awsSignature } from './aws-signature.js'
import { Inexpressible } from './inexpressible.js'
import { modes } from './modes/index.js'
import type { ProviderEntry } from './provider-entry.js'
import { providerFields } from './provider-fields.js'
import { alternativesOf } from './read-text.js'
import { type Places, translate, translateUrl } from './translate.js'

/** Default headers are for what callers may change; framing and credentials are set over them. */
const notForDefaults = /^(?:authorization|cookie|proxy-.*|sec-.*|x-forwarded-.*|x-pd-.*)$/

/** An app definition of what a provider file says; throws `Inexpressible`. */
export function providerApp(name: string, entry: ProviderEntry): AppDefinition {
  const { proxy, auth_mode: authMode = '' } = entry
  if (proxy?.base_url === undefined) throw new Inexpressible('a missing base_url')
  const mode = modes.get(authMode)
  if (mode === undefined) throw new Inexpressible(`auth_mode: ${authMode}`)
  const fields = providerFields(entry)
  const prepared = mode(entry, fields)
  const places: Places = { fields, accessToken: prepared.accessToken, apiKey: prepared.apiKey }
  const auth: AuthEntry[] = []
  const headers: Record<string, string> = {}
  const signature = awsSignature(proxy.headers ?? {}, places)
  if (signature !== undefined) auth.push(signature)

  let hasOwnAuthorization = signature !== undefined
  for (const [written, value] of Object.entries(proxy.headers ?? {})) {
    const header = written.toLowerCase()
    if (signature !== undefined && (header === 'authorization' || header === 'x-amz-date')) continue
    const { text, isSecret } = translate(String(value), places)
    if (header === 'authorization') hasOwnAuthorization = true
    if (isSecret || notForDefaults.test(header)) auth.push({ kind: 'header', name: header, value: text })
    else headers[header] = text
  }
  for (const [parameter, value] of Object.entries(proxy.query ?? {})) {
    auth.push({ kind: 'query', name: parameter, value: translate(String(value), places).text })
  }
  for (const [member, value] of Object.entries(proxy.body ?? {})) {
    if (typeof value !== 'string') throw new Inexpressible('a credential deep in the body')
    auth.push({ kind: 'body', name: member, value: translate(value, places).text })
  }
  const usual = hasOwnAuthorization ? prepared.withOwnHeader : prepared.usual
  if (usual !== undefined) auth.unshift(usual)
  const { base, prefix } = readBase(proxy.base_url, places)
  if (prefix !== undefined) auth.push({ kind: 'path', prefix })
  if (auth.length === 0) throw new Inexpressible('no place for the credential')

  const { slug, aliases } = namesOf(name)
  const custom = fields.list()
  const retry = readRetry(entry)
  const health = readHealth(entry)
  return {
    name_slug: slug,
    name: entry.display_name ?? name,
    ...(aliases.length > 0 && { aliases }),
    ...(entry.categories !== undefined && { categories: entry.categories }),
    auth_type: prepared.authType,
    ...(custom.length > 0 && { custom_fields: custom }),
    connect: { base_proxy_target_url: base },
    auth,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(prepared.oauth !== undefined && { oauth: prepared.oauth }),
    ...(retry !== undefined && { retry }),
    ...(health !== undefined && { health }),
    ...(entry.docs !== undefined && { docs: entry.docs }),
  }
}

/** A secret may stand in the path alone; from its segment on the path is the credential's. */
function readBase(url: string, places: Places): { base: string; prefix: string | undefined } {
  const trimmed = alternativesOf(url)
    .map((part) => part.replace(/(?<=[^/])\/+$/, ''))
    .join(' || ')
  const [, origin, path] = /^(https?:\/\/[^/]+)(\/.*)$/.exec(trimmed) ?? []
  if (origin === undefined || path === undefined || trimmed.includes(' || ')) {
    return { base: translateUrl(trimmed, places), prefix: undefined }
  }
  const segments = path.slice(1).split('/')
  const secretAt = segments.findIndex((segment) => translate(segment, places).isSecret)
  if (secretAt === -1) return { base: translateUrl(trimmed, places), prefix: undefined }
  const before = segments.slice(0, secretAt).map((segment) => `/${segment}`)
  const from = segments.slice(secretAt).map((segment) => `/${translate(segment, places).text}`)
  return { base: translateUrl(origin + before.join(''), places), prefix: from.join('') }
}

/** The slug is in lower case; what the file calls it is an alias then. */
function namesOf(name: string): { slug: string; aliases: readonly string[] } {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-')
  return { slug, aliases: slug === name ? [] : [name] }
}

function readRetry({ proxy }: ProviderEntry): RetryRules | undefined {
  const { after, at, remaining, error_code: codes } = proxy?.retry ?? {}
  if (after === undefined && at === undefined && remaining === undefined && codes === undefined) return undefined
  return {
    ...(after !== undefined && { after }),
    ...(at !== undefined && { at }),
    ...(remaining !== undefined && { remaining }),
    ...(codes !== undefined && { error_code: codes }),
  }
}

function readHealth({ proxy }: ProviderEntry): AppDefinition['health'] {
  const { method = 'GET', endpoints = [] } = proxy?.verification ?? {}
  const [path] = endpoints
  const isPlain = path !== undefined && /^\/[^$\s]*$/.test(path) && (method === 'GET' || method === 'HEAD')
  return isPlain ? { path, method } : undefined
}
