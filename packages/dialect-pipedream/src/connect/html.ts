/** Text that is HTML already: made by `html` alone. */
export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | readonly Markup[] | undefined | false

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template whose values are escaped, for elements and for attributes in quotes; absent ones leave nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = texts[0] ?? ''
  for (const [index, part] of parts.entries()) markup += textOf(part) + (texts[index + 1] ?? '')
  return { markup }
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return ''
  if (isList(part)) return part.map(({ markup }) => markup).join('')
  return typeof part === 'object' ? part.markup : escapeText(String(part))
}

function isList(part: Part): part is readonly Markup[] {
  return Array.isArray(part)
}

/** Attributes with a space before each: `true` for one without a value, undefined and `false` for none. */
export function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): Markup {
  let markup = ''
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false) continue
    markup += value === true ? ` ${name}` : ` ${name}="${escapeText(String(value))}"`
  }
  return { markup }
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
