import { z } from 'zod'
import type { RouteParts } from './route-parts.js'

/** Document kind of what callers set for a project, or of a project that they made. The id is the project's. */
const kind = 'project'

const settingsSchema = z.object({
  /** The project whose callers may see and change it. */
  owner: z.string(),
  name: z.string(),
  app_name: z.string().optional(),
  support_email: z.string().optional(),
  connect_require_key_auth_test: z.boolean(),
  logo: z.string().optional(),
})

export type ProjectSettings = z.output<typeof settingsSchema>

export interface StoredProject {
  readonly id: string
  /** 0 when nothing is stored of a configured project. */
  readonly version: number
  /** True for one of the server's configuration. */
  readonly configured: boolean
  readonly settings: ProjectSettings
}

type Parts = Pick<RouteParts, 'storage' | 'projects'>

/** Undefined when there is no such project, or when it is not the owner's. */
export async function readProject(parts: Parts, id: string, owner: string): Promise<StoredProject | undefined> {
  const document = await parts.storage.readDocument(kind, id)
  const stored = document === undefined ? undefined : read(id, document.version, document.value, parts)
  const project = stored ?? configured(parts, id)
  return project?.settings.owner === owner ? project : undefined
}

/** The caller's own project first, then those that it made, ascending by id. */
export async function listProjects(parts: Parts, owner: string): Promise<readonly StoredProject[]> {
  const own = await readProject(parts, owner, owner)
  const made = (await parts.storage.listDocuments(kind, '')).flatMap(({ id, version, value }) => {
    const project = id === owner ? undefined : read(id, version, value, parts)
    return project?.settings.owner === owner ? project : []
  })
  return own === undefined ? made : [own, ...made]
}

/** False when somebody else changed it meanwhile. */
export async function writeProject(parts: Parts, { id, version, settings }: StoredProject): Promise<boolean> {
  return (await parts.storage.writeDocument({ kind, id, value: settings }, version)) !== undefined
}

export async function deleteProject(parts: Parts, id: string): Promise<boolean> {
  return parts.storage.deleteDocument(kind, id)
}

function read(id: string, version: number, value: unknown, parts: Parts): StoredProject | undefined {
  const result = settingsSchema.safeParse(value)
  return result.success ? { id, version, configured: isConfigured(parts, id), settings: result.data } : undefined
}

function configured(parts: Parts, id: string): StoredProject | undefined {
  const found = parts.projects.find((project) => project.id === id)
  if (found === undefined) return undefined
  const settings = { owner: id, name: found.name ?? id, connect_require_key_auth_test: false }
  return { id, version: 0, configured: true, settings }
}

function isConfigured(parts: Parts, id: string): boolean {
  return parts.projects.some((project) => project.id === id)
}
