import { AppFault } from '../app.js'
import { isRecord } from '../app-shape.js'
import { isHeaderName } from '../headers.js'
import { compileJsonTemplate } from '../json-template.js'
import type { PrepareContext } from '../ports/auth-strategy.js'
import type { JsonTemplate, NamedTemplate, UrlTemplate } from '../ports/renewal.js'
import { compileTemplate, type Template } from '../template.js'

/** Reads the settings of one `auth` entry. Every fault names its field; `usual` is what counts when it is left out. */
export interface Settings {
  /** Path to a setting, for faults. */
  path(name: string): string
  has(name: string): boolean
  /** As written, unchecked. */
  raw(name: string): unknown
  text(name: string): string | undefined
  requireText(name: string): string
  /** An empty text counts; `usual` undefined makes it required. */
  template(name: string, usual?: string): Template
  optionalTemplate(name: string): Template | undefined
  /** Compiles a text that is not a setting; `name` is the setting it comes from. */
  compile(text: string, name: string): Template
  oneOf<T extends string>(name: string, options: readonly T[], usual: T): T
  whole(name: string, least: number, most: number, usual: number): number
  optionalWhole(name: string, least: number, most: number): number | undefined
  flag(name: string, usual: boolean): boolean
  texts(name: string): readonly string[]
  /** An object of names and templates. */
  templates(name: string): readonly NamedTemplate[]
  /** The same with header names, which come out in lower case. */
  headers(name: string): readonly NamedTemplate[]
  json(name: string): JsonTemplate | undefined
  url(name: string, usual?: string): UrlTemplate
  group(name: string): Settings
  /** Refuses what nobody asked for, so that a typing mistake is not silently without effect. Call it last. */
  done(): void
}

export function readSettings(
  settings: Readonly<Record<string, unknown>>,
  field: string,
  context: PrepareContext,
): Settings {
  const known = new Set<string>()
  const path = (name: string) => `${field}.${name}`
  const fault = (name: string, message: string) => new AppFault(path(name), message)

  function raw(name: string): unknown {
    known.add(name)
    return Object.hasOwn(settings, name) ? settings[name] : undefined
  }

  function text(name: string): string | undefined {
    const value = raw(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string' || value === '') throw fault(name, 'must be a non-empty string')
    return value
  }

  function requireText(name: string): string {
    const value = text(name)
    if (value === undefined) throw fault(name, 'is required')
    return value
  }

  function compile(source: string, place: string): Template {
    const template = compileTemplate(source, place)
    for (const name of template.fields) {
      if (!context.customFields.has(name)) {
        throw new AppFault(place, `uses custom_fields.${name}, which the app does not have`)
      }
    }
    return template
  }

  function templates(name: string): readonly NamedTemplate[] {
    const value = raw(name)
    if (value === undefined) return []
    if (!isRecord(value)) throw fault(name, 'must be an object of names and texts')
    return Object.entries(value).map(([key, item]) => {
      if (typeof item !== 'string') throw fault(`${name}.${key}`, 'must be a string')
      return { name: key, value: compile(item, path(`${name}.${key}`)) }
    })
  }

  function optionalWhole(name: string, least: number, most: number): number | undefined {
    const value = raw(name)
    if (value === undefined) return undefined
    if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) {
      throw fault(name, `must be a whole number from ${least} to ${most}`)
    }
    return Number(value)
  }

  return {
    path,
    has: (name) => raw(name) !== undefined,
    raw,
    text,
    requireText,
    template(name, usual) {
      const value = raw(name) === '' ? '' : (text(name) ?? usual)
      if (value === undefined) throw fault(name, 'is required')
      return compile(value, path(name))
    },
    optionalTemplate(name) {
      const value = text(name)
      return value === undefined ? undefined : compile(value, path(name))
    },
    compile: (source, name) => compile(source, path(name)),
    oneOf(name, options, usual) {
      const value = raw(name)
      if (value === undefined) return usual
      const found = options.find((option) => option === value)
      if (found === undefined) throw fault(name, `must be one of ${options.join(', ')}`)
      return found
    },
    whole: (name, least, most, usual) => optionalWhole(name, least, most) ?? usual,
    optionalWhole,
    flag(name, usual) {
      const value = raw(name)
      if (value !== undefined && typeof value !== 'boolean') throw fault(name, 'must be true or false')
      return value ?? usual
    },
    texts(name) {
      const value = raw(name)
      if (value === undefined) return []
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== '')) {
        throw fault(name, 'must be a list of non-empty strings')
      }
      return value
    },
    templates,
    headers: (name) =>
      templates(name).map((header) => {
        if (!isHeaderName(header.name)) throw fault(`${name}.${header.name}`, 'is not a valid header name')
        return { ...header, name: header.name.toLowerCase() }
      }),
    json(name) {
      const value = raw(name)
      return value === undefined ? undefined : compileJsonTemplate(value, path(name), compile)
    },
    url(name, usual) {
      const value = text(name) ?? usual
      if (value === undefined) throw fault(name, 'is required')
      return context.compileUrl(value, path(name))
    },
    group(name) {
      const value = raw(name)
      if (!isRecord(value)) throw fault(name, value === undefined ? 'is required' : 'must be an object')
      return readSettings(value, path(name), context)
    },
    done() {
      for (const name of Object.keys(settings)) {
        if (name === 'kind' || known.has(name)) continue
        throw fault(name, `is not a setting of this kind; known: ${[...known].join(', ') || 'none'}`)
      }
    },
  }
}
