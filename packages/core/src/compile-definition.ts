import { compileAllowedDomains } from './allowed-domains.js'
import { type App, AppFault } from './app.js'
import type { AppDefinition, CustomField, LimitRule } from './app-definition.js'
import { appDefinitionShape } from './app-definition-shape.js'
import { appId } from './app-id.js'
import { isRecord } from './app-shape.js'
import { strategies as builtInStrategies } from './auth/index.js'
import { type BaseScope, compileBase } from './base-template.js'
import { compileAuthorization } from './compile-authorization.js'
import { compileOAuth } from './compile-oauth.js'
import { customFieldFault } from './custom-fields.js'
import { compileDefaultHeaders } from './definition-parts.js'
import { compilePattern } from './linear-pattern.js'
import type { AuthStrategy, PreparedAuth } from './ports/auth-strategy.js'
import { prepareAuth } from './prepare-auth.js'
import { compileRetryRules, usualRetryRules } from './retry-rules.js'
import { sharedText } from './shared-text.js'
import { isRelativePath } from './target.js'
import { secondsOf } from './time-window.js'

export interface CompileOptions {
  /** The operator's exceptions from "public hosts only"; none by default. */
  readonly isExempt?: (host: string, port: number) => boolean
  /** Further public suffixes, beside the built-in table. */
  readonly isPublicSuffix?: (domain: string) => boolean
  /** Kinds of `auth` entries; all of the built-in ones by default. */
  readonly strategies?: ReadonlyMap<string, AuthStrategy>
}

export interface CompiledDefinition {
  /** Undefined when there are faults. */
  readonly app: App | undefined
  readonly faults: readonly AppFault[]
}

/** Checks a definition from end to end, collecting every fault, and compiles it. */
export function compileDefinition(definition: AppDefinition, options: CompileOptions): CompiledDefinition {
  const faults: AppFault[] = []
  appDefinitionShape(definition, '', faults)
  if (!isRecord(definition)) return { app: undefined, faults }
  const misshapen = faults.map(({ field }) => field)
  /** Compiles the part at `path` unless its shape is wrong already; a fault is kept, and the next part goes on. */
  const part = <T>(path: string, compile: () => T): T | undefined => {
    if (misshapen.some((field) => field === path || path.startsWith(`${field}.`))) return undefined
    try {
      return compile()
    } catch (error) {
      if (!(error instanceof AppFault)) throw error
      faults.push(error)
      return undefined
    }
  }

  const scope = part('connect', () => scopeOf(definition, options, faults))
  const base =
    scope &&
    part('connect.base_proxy_target_url', () => {
      const text = definition.connect.base_proxy_target_url
      return text === undefined ? undefined : compileBase(text, scope, 'connect.base_proxy_target_url')
    })
  const domains =
    scope && part('connect.allowed_domains', () => compileAllowedDomains(definition.connect, base, scope, faults))
  const strategies = options.strategies ?? builtInStrategies
  const auth = scope && part('auth', () => prepareAuth(definition, strategies, scope, faults))
  const headers = scope && part('headers', () => compileDefaultHeaders(definition.headers ?? {}, scope, faults))
  const isRetrySound = !misshapen.some((field) => field.startsWith('retry') || field === 'idempotency_header')
  const retry = isRetrySound
    ? part('retry', () => compileRetryRules(definition.retry, definition.idempotency_header))
    : undefined
  const limit = part('limits.window', () => definition.limits && readLimit(definition.limits))
  part('health.path', () => requireHealthPath(definition.health?.path))
  const refresh = part('oauth', () => scope && compileOAuth(definition, scope, faults))
  const isOAuthSound = !faults.some(({ field }) => field.startsWith('oauth'))
  const authorization =
    scope && isOAuthSound
      ? part('oauth', () => compileAuthorization(definition.oauth ?? {}, refresh, scope, faults))
      : undefined
  if (faults.length > 0 || domains === undefined || auth === undefined || headers === undefined) {
    return { app: undefined, faults }
  }
  // What every call reads comes first, and what most apps have alike is there once: see `sharedText`.
  const app: App = {
    slug: sharedText(definition.name_slug),
    proxyEnabled: definition.connect.proxy_enabled !== false,
    relaySetCookie: definition.relay_set_cookie === true,
    encodesJsonAsForm: definition.encode_json_as_form === true,
    redirects: definition.redirects ?? 'follow',
    limit,
    unwrap: auth.find((entry) => entry.unwrap !== undefined)?.unwrap,
    renewal: auth.find((entry) => entry.renewal !== undefined)?.renewal ?? refresh,
    reservedQuery: setOf(auth.flatMap((entry) => entry.queryNames.map((name) => name.toLowerCase()))),
    auth,
    hosts: domains.hosts,
    base: base ?? noBase,
    retry: retry ?? usualRetryRules,
    headers: headers.length === 0 ? noHeaders : headers,
    reservedHeaders: setOf(auth.flatMap((entry) => entry.headerNames)),
    accountHosts: domains.accountHosts,
    needsBodyBytes: bodyQuestion(auth),
    definition,
    id: appId(definition),
    authorization,
  }
  return { app, faults }
}

const noBase: App['base'] = { kind: 'none' }
const noHeaders: App['headers'] = []
const noNames: ReadonlySet<string> = new Set()

function setOf(names: readonly string[]): ReadonlySet<string> {
  return names.length === 0 ? noNames : new Set(names.map(sharedText))
}

function scopeOf(definition: AppDefinition, options: CompileOptions, faults: AppFault[]): BaseScope {
  const { isExempt, isPublicSuffix } = options
  const { allow_http, allowed_ports } = definition.connect
  return {
    ...(isExempt !== undefined && { isExempt }),
    ...(isPublicSuffix !== undefined && { isPublicSuffix }),
    allowHttp: allow_http === true,
    allowedPorts: Array.isArray(allowed_ports) ? allowed_ports : [],
    customFields: readCustomFields(definition.custom_fields, faults),
  }
}

function readCustomFields(list: unknown, faults: AppFault[]): ReadonlyMap<string, CustomField> {
  const fields = new Map<string, CustomField>()
  if (!Array.isArray(list)) return fields
  for (const [index, field] of list.entries()) {
    const name: unknown = isRecord(field) ? field.name : undefined
    if (typeof name !== 'string') continue
    if (fields.has(name)) faults.push(new AppFault(`custom_fields[${index}].name`, `repeats ${name}`))
    fields.set(name, field)
    checkField(field, `custom_fields[${index}]`, faults)
  }
  return fields
}

/** Asked for every call, so a plain answer where no entry has to look at it. */
function bodyQuestion(auth: readonly PreparedAuth[]): App['needsBodyBytes'] {
  if (auth.some(({ body }) => body === 'bytes')) return always
  const questions = auth.flatMap(({ body }) => (typeof body === 'function' ? [body] : []))
  if (questions.length === 0) return never
  return (target, headers) => questions.some((needsBytes) => needsBytes(target, headers))
}

function always(): boolean {
  return true
}

function never(): boolean {
  return false
}

/** The pattern must be one, and the default a value that the field could have. */
function checkField(field: CustomField, path: string, faults: AppFault[]): void {
  try {
    if (typeof field.pattern === 'string') compilePattern(field.pattern)
  } catch (error) {
    faults.push(new AppFault(`${path}.pattern`, error instanceof Error ? error.message : 'is no pattern'))
    return
  }
  if (faults.some((fault) => fault.field.startsWith(`${path}.`)) || typeof field.default !== 'string') return
  const fault = field.default === '' ? undefined : customFieldFault(field, field.default)
  if (fault !== undefined) faults.push(new AppFault(`${path}.default`, fault))
}

function readLimit({ requests, window }: LimitRule): App['limit'] {
  return { requests, windowMs: secondsOf(window) * 1000 }
}

function requireHealthPath(path: string | undefined): void {
  if (path !== undefined && !isRelativePath(path)) {
    throw new AppFault('health.path', 'must be a relative path such as /v1/me')
  }
}
