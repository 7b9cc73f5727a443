import { type AppBase, AppFault } from './app.js'
import { refuseHost } from './host-rules.js'
import {
  compileHostTemplate,
  type PublicFields,
  requirePublicField,
  requirePublicTarget,
  requireValue,
  type TemplateScope,
  takePort,
  unfit,
} from './host-template.js'
import { hasDotSegment, parseTarget, type Target } from './target.js'
import { compileTemplate } from './template.js'
import { parseTemplate, type TemplatePiece } from './template-syntax.js'

export interface BaseScope extends TemplateScope {
  readonly allowedPorts: readonly number[]
}

/**
 * Compiles `base_proxy_target_url`: a fixed URL, a URL with custom fields in host and path, or a custom field that is
 * itself the URL, with more path behind it if need be. Of several, with ` || ` between them, the first counts whose
 * fields the account has. Throws an `AppFault` for `field`.
 */
export function compileBase(text: string, scope: BaseScope, field: string): AppBase {
  const alternatives = text.split(' || ')
  return alternatives.length === 1 ? compileOne(text, scope, field) : compileFirst(alternatives, scope, field)
}

function compileFirst(texts: readonly string[], scope: BaseScope, field: string): AppBase {
  const alternatives = texts.map((text) => ({
    base: compileOne(text, scope, field),
    template: compileTemplate(text, field),
  }))
  const useless = alternatives.slice(0, -1).find(({ base }) => base.kind === 'fixed')
  if (useless !== undefined) throw new AppFault(field, 'has an alternative behind one that always fits')
  return {
    kind: 'template',
    template: compileTemplate(texts.join(' || '), field),
    resolve(values) {
      const fitting = alternatives.find(({ template }) => template.fields.every((name) => hasValue(values, name)))
      const { base } = fitting ?? alternatives[alternatives.length - 1] ?? {}
      if (base?.kind === 'template') return base.resolve(values)
      if (base?.kind === 'fixed') return base.target
      throw new Error('a base has no alternatives')
    },
  }
}

function hasValue(values: PublicFields, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== ''
}

function compileOne(text: string, scope: BaseScope, field: string): AppBase {
  if (/[?#]/.test(text)) throw new AppFault(field, 'must have neither query nor fragment')
  const pieces = parseTemplate(text, field)
  const [first, ...rest] = pieces
  if (pieces.every((piece) => piece.kind === 'text')) return { kind: 'fixed', target: fixedBase(text, scope, field) }
  const template = compileTemplate(text, field)
  if (first !== undefined && first.kind !== 'text') {
    const resolve = wholeBase(requirePublicField(first, scope, field), rest, scope, field)
    return { kind: 'template', template, resolve }
  }
  return { kind: 'template', template, resolve: hostBase(pieces, scope, field) }
}

function fixedBase(text: string, scope: BaseScope, field: string): Target {
  let target: Target
  try {
    target = parseTarget(text)
  } catch {
    throw new AppFault(field, 'must be a URL such as https://api.example.com/v1, with a plain host name')
  }
  const { hostname, port, protocol, path } = target
  const refusal = refuseHost(hostname, port, false, { ...scope, allowHttp: protocol === 'http:' })
  if (refusal !== undefined) throw new AppFault(field, `has a host that ${refusal}`)
  if (hasDotSegment(path)) throw new AppFault(field, 'must have no . or .. in its path')
  return target
}

/** `https://{{custom_fields.x}}.example.com/{{custom_fields.y}}` */
function hostBase(pieces: readonly TemplatePiece[], scope: BaseScope, field: string): (values: PublicFields) => Target {
  const { protocol, hostPieces, port, pathPieces } = splitBase(pieces, field)
  const host = compileHostTemplate(hostPieces, scope, field)
  const path = compilePath(pathPieces, scope, field)
  requireSample(`${protocol}//${host.sample}${port}${path(undefined)}`, field)
  const named = host.fields.at(-1)
  if (named === undefined) {
    const fixed = fixedBase(`${protocol}//${host.sample}${port}`, scope, field)
    return (values) => parseTarget(`${fixed.origin}${path(values)}`)
  }
  return (values) => requirePublicTarget(`${protocol}//${host.render(values)}${port}${path(values)}`, named, scope)
}

/** `{{custom_fields.base_url}}` or `{{custom_fields.base_url}}/v1` */
function wholeBase(
  name: string,
  rest: readonly TemplatePiece[],
  scope: BaseScope,
  field: string,
): (values: PublicFields) => Target {
  const [next] = rest
  if (next !== undefined && !(next.kind === 'text' && next.text.startsWith('/'))) {
    throw new AppFault(field, `must continue with / behind custom_fields.${name}, which is a whole URL`)
  }
  const path = compilePath(rest, scope, field)
  requireSample(`https://sample.example.com${path(undefined)}`, field)
  return (values) => {
    const value = requireValue(name, values, scope)
    const base = requirePublicTarget(value, name, scope)
    const standardPort = base.protocol === 'https:' ? 443 : 80
    if (base.protocol === 'http:' && scope.allowHttp !== true) throw unfit(name, 'must be an https URL')
    if (base.port !== standardPort && !scope.allowedPorts.includes(base.port)) {
      throw unfit(name, 'names a port that the app does not allow')
    }
    if (/[?#]/.test(value)) throw unfit(name, 'must have neither query nor fragment')
    if (hasDotSegment(base.path)) throw unfit(name, 'must have no . or .. in its path')
    if (rest.length === 0) return base
    return parseTarget(`${base.origin}${base.path.replace(/\/$/, '')}${path(values)}`)
  }
}

interface BaseParts {
  readonly protocol: 'https:' | 'http:'
  readonly hostPieces: readonly TemplatePiece[]
  /** `:port`, or empty. */
  readonly port: string
  readonly pathPieces: readonly TemplatePiece[]
}

function splitBase(pieces: readonly TemplatePiece[], field: string): BaseParts {
  const [first, ...others] = pieces
  const scheme = first?.kind === 'text' ? /^(https?:)\/\//i.exec(first.text) : null
  if (scheme === null || first?.kind !== 'text') throw new AppFault(field, 'must begin with https://')
  const protocol = scheme[1]?.toLowerCase() === 'http:' ? 'http:' : 'https:'
  const all = [textPiece(first.text.slice(scheme[0].length)), ...others]
  const hostEnd = all.findIndex((piece) => piece.kind === 'text' && piece.text.includes('/'))
  const hostPieces = hostEnd === -1 ? all : all.slice(0, hostEnd)
  const pathPieces = hostEnd === -1 ? [] : all.slice(hostEnd + 1)
  const border = all[hostEnd]
  if (border?.kind === 'text') {
    const slash = border.text.indexOf('/')
    hostPieces.push(textPiece(border.text.slice(0, slash)))
    pathPieces.unshift(textPiece(border.text.slice(slash)))
  }
  const host = takePort(hostPieces.filter(isPresent))
  return { protocol, ...host, pathPieces: pathPieces.filter(isPresent) }
}

function textPiece(text: string): TemplatePiece {
  return { kind: 'text', text }
}

function isPresent(piece: TemplatePiece): boolean {
  return piece.kind !== 'text' || piece.text !== ''
}

/** A path with fields as whole or part segments, percent-encoded; undefined values give a sample. */
function compilePath(pieces: readonly TemplatePiece[], scope: BaseScope, field: string) {
  const parts = pieces.map((piece) =>
    piece.kind === 'text' ? piece.text : { name: requirePublicField(piece, scope, field) },
  )
  return (values: PublicFields | undefined): string => {
    let path = ''
    for (const part of parts) {
      if (typeof part === 'string') path += part
      else path += values === undefined ? 'x' : pathValue(part.name, values, scope)
    }
    return path
  }
}

function pathValue(name: string, values: PublicFields, scope: BaseScope): string {
  const value = requireValue(name, values, scope)
  if (/^\.\.?$/.test(value) || /[\p{Cc}\p{Cs}\\]/u.test(value)) throw unfit(name, 'cannot stand in a path')
  return encodeURIComponent(value)
}

function requireSample(url: string, field: string): void {
  let target: Target
  try {
    target = parseTarget(url)
  } catch {
    throw new AppFault(field, 'is no valid URL, whatever the fields hold')
  }
  if (hasDotSegment(target.path)) throw new AppFault(field, 'must have no . or .. in its path')
}
