import { AppFault } from './app.js'
import { isRecord } from './app-shape.js'
import type { JsonTemplate } from './ports/renewal.js'
import type { Template } from './template.js'

const depthMost = 32

/** Compiles a JSON value whose texts are templates. Throws an `AppFault` for the place of what is no JSON. */
export function compileJsonTemplate(
  value: unknown,
  field: string,
  compile: (text: string, field: string) => Template,
  depth = 0,
): JsonTemplate {
  if (depth > depthMost) throw new AppFault(field, `is nested more than ${depthMost} deep`)
  if (typeof value === 'string') return compile(value, field)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return { render: () => value }
  const inner = (item: unknown, place: string) => compileJsonTemplate(item, place, compile, depth + 1)
  if (Array.isArray(value)) {
    const items = value.map((item, index) => inner(item, `${field}[${index}]`))
    return { render: (values, moment) => items.map((item) => item.render(values, moment)) }
  }
  if (!isRecord(value)) throw new AppFault(field, 'must be JSON: text, number, true, false, null, list or object')
  const members = Object.entries(value).map(([name, item]) => [name, inner(item, `${field}.${name}`)] as const)
  return {
    render: (values, moment) => Object.fromEntries(members.map(([name, item]) => [name, item.render(values, moment)])),
  }
}
