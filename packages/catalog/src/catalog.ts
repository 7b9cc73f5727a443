import { readFileSync } from 'node:fs'
import type { AppDefinition } from '@proxy/core'

/** Where the facts of an entry come from. */
export interface Provenance {
  /** Least to most: one source, two that agree, the vendor's own documentation or SDK, the live API. */
  readonly level: 'one-source' | 'two-sources' | 'vendor' | 'probed'
  /** A day, such as `2026-11-28`. */
  readonly checked: string
  readonly sources: readonly Source[]
}

export type Source =
  | { readonly kind: 'docs'; readonly url: string }
  | { readonly kind: 'npm'; readonly package: string; readonly version: string; readonly file?: string }
  | { readonly kind: 'openapi'; readonly url?: string; readonly file?: string }

let apps: readonly AppDefinition[] | undefined
let provenance: ReadonlyMap<string, Provenance> | undefined

/**
 * The definitions of the catalogue, ascending by slug. They are linted when they are built, so give them to
 * `createAppRegistry` as `catalog`, which compiles each when it is first used. Read once.
 */
export function catalogApps(): readonly AppDefinition[] {
  apps ??= readBuilt('apps.json') as readonly AppDefinition[]
  return apps
}

/** By slug. Read once, when somebody asks. */
export function catalogProvenance(): ReadonlyMap<string, Provenance> {
  provenance ??= new Map(Object.entries(readBuilt('provenance.json') as Record<string, Provenance>))
  return provenance
}

function readBuilt(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../dist/${name}`, import.meta.url), 'utf8'))
}
