import type { ConnectSettings, CustomField } from '@proxy/core'
import type { Server, Variable } from './document.js'

export interface FoundBase {
  readonly connect: ConnectSettings
  readonly fields: readonly CustomField[]
  readonly undecided: readonly string[]
}

/** Where calls go: the first server that can be reached from outside, with its variables as custom fields. */
export function baseOfServers(servers: readonly Server[]): FoundBase {
  const usable = servers.filter(({ url }) => /^https:\/\//i.test(url))
  const [first, ...others] = usable
  if (first === undefined) return withoutBase(servers)
  const undecided: string[] = []
  const fields: CustomField[] = []
  const base = first.url
    .replace(/\/+$/, '')
    .replace(/\{([^}]+)\}/g, (_, name: string) => `{{custom_fields.${addField(name, first, fields, undecided)}}}`)
  const own = hostOf(base)
  const domains = others.map(({ url }) => hostOf(url)).filter((host) => host !== own)
  const open = domains.filter((host) => host.includes('{'))
  if (open.length > 0) undecided.push(`connect.allowed_domains: the servers ${open.join(', ')} have variables, too`)
  const hosts = [...new Set(domains.filter((host) => !host.includes('{')))]
  if (others.length > 0)
    undecided.push(`connect.base_proxy_target_url: which of the servers ${usable.map(({ url }) => url).join(', ')}`)
  return {
    connect: { base_proxy_target_url: base, ...(hosts.length > 0 && { allowed_domains: hosts }) },
    fields,
    undecided,
  }
}

function withoutBase(servers: readonly Server[]): FoundBase {
  const named = servers.map(({ url }) => url).join(', ')
  const why = named === '' ? 'the document names no server' : `none of the servers is an https URL: ${named}`
  return { connect: {}, fields: [], undecided: [`connect.base_proxy_target_url: ${why}`] }
}

function hostOf(url: string): string {
  return /^https:\/\/([^/]*)/i.exec(url)?.[1]?.toLowerCase() ?? ''
}

function addField(written: string, { url, variables }: Server, fields: CustomField[], undecided: string[]): string {
  const name = written.replace(/[^A-Za-z0-9_]+/g, '_')
  if (fields.some((field) => field.name === name)) return name
  const { usual, options }: Variable = variables[written] ?? { usual: undefined, options: [] }
  const isInHost = hostOf(url.replaceAll(`{${written}}`, '\0')).includes('\0')
  const isOneOf = options.length > 0
  fields.push({
    name,
    label: written,
    ...(isOneOf ? { pattern: options.map(literally).join('|') } : isInHost && { format: 'host-label' as const }),
    ...(isOneOf && usual !== undefined && options.includes(usual) && { default: usual }),
  })
  if (!isOneOf && usual !== undefined) undecided.push(`custom_fields ${name}: the document's own value is ${usual}`)
  return name
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
