import type { AppDefinition } from '@proxy/core'
import { stringify } from 'yaml'

/** A definition as it stands in a configuration, below remarks. */
export function definitionText(definition: AppDefinition, remarks: readonly string[]): string {
  const head = remarks.map((remark) => `# ${remark.replace(/\p{Cc}+/gu, ' ')}\n`).join('')
  return `${head}${stringify({ apps: [definition] }, { lineWidth: 0 })}`.trimEnd()
}
