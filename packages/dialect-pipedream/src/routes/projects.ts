import { ProxyError } from '@proxy/core'
import { z } from 'zod'
import { pageAnswer, pageOfRows, pageQuery, readPageWish } from './paging.js'
import { deleteProject, listProjects, readProject, type StoredProject, writeProject } from './project-store.js'
import { defineRoute, invalidField, noBody, notFound, type Route } from './route.js'
import { newId, present, type RouteParts } from './route-parts.js'
import { idText, listOf, maybe, nameText, projectSchema } from './schemas.js'

const changes = z.object({
  name: maybe(nameText),
  app_name: maybe(nameText),
  support_email: maybe(z.email().max(320)),
  connect_require_key_auth_test: maybe(z.boolean()),
})

const logo = z
  .string()
  .max(200_000)
  .regex(
    /^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/,
    'must be a data URI of an image in base64',
  )

const all = '/v1/connect/projects'
const one = '/v1/connect/projects/{id}'
const withId = z.object({ id: idText })

export function projectRoutes(parts: RouteParts): readonly Route[] {
  const reading = { tag: 'projects', scope: 'connect:projects:read', forBrowsers: false, body: noBody } as const
  const writing = { tag: 'projects', scope: 'connect:projects:write', forBrowsers: false, query: z.object({}) } as const

  async function readOwn(id: string, owner: string): Promise<StoredProject> {
    const project = await readProject(parts, id, owner)
    if (project === undefined) throw notFound()
    return project
  }

  async function save(project: StoredProject): Promise<unknown> {
    if (!(await writeProject(parts, project))) {
      throw new ProxyError('overloaded', 'The project is being changed by others; try again.', { retryAfterSeconds: 1 })
    }
    return json(project)
  }

  return [
    defineRoute(
      {
        ...reading,
        method: 'get',
        path: '/v1/connect/{project}/projects/info',
        aliases: ['/v1/connect/projects/info'],
        summary: 'The apps that the project can use',
        params: z.object({ project: z.string().optional() }),
        query: z.object({}),
        status: 200,
        answer: z.object({ apps: z.array(z.object({ id: z.string(), name_slug: z.string() })) }),
      },
      () => ({ apps: parts.apps.list().map(({ id, slug }) => ({ id, name_slug: slug })) }),
    ),
    defineRoute(
      {
        ...reading,
        method: 'get',
        path: all,
        summary: "The caller's project, and those that it made",
        params: z.object({}),
        query: pageQuery.extend({ q: z.string().optional() }),
        status: 200,
        answer: listOf(projectSchema),
      },
      async ({ query, caller }) => {
        const wish = readPageWish(query)
        const search = query.q?.toLowerCase() ?? ''
        const projects = await listProjects(parts, caller.project)
        const rows = projects.filter(({ settings }) => settings.name.toLowerCase().includes(search))
        const idOf = ({ id }: StoredProject) => id
        return pageAnswer(pageOfRows(rows, wish, idOf), wish, idOf, json)
      },
    ),
    defineRoute(
      {
        ...writing,
        method: 'post',
        path: all,
        summary: 'Make a project; the operator gives it clients and keys by its id',
        params: z.object({}),
        body: changes.extend({ name: nameText }),
        status: 200,
        answer: projectSchema,
      },
      async ({ body, caller }) => {
        const settings = {
          owner: caller.project,
          connect_require_key_auth_test: false,
          name: body.name,
          ...changed(body),
        }
        return save({ id: newId('proj'), version: 0, configured: false, settings })
      },
    ),
    defineRoute(
      {
        ...reading,
        method: 'get',
        path: one,
        summary: 'Get a project',
        params: withId,
        query: z.object({}),
        status: 200,
        answer: projectSchema,
      },
      async ({ params, caller }) => json(await readOwn(params.id, caller.project)),
    ),
    defineRoute(
      {
        ...writing,
        method: 'patch',
        path: one,
        summary: 'Change a project; what is not given stays',
        params: withId,
        body: changes,
        status: 200,
        answer: projectSchema,
      },
      async ({ params, body, caller }) => {
        const project = await readOwn(params.id, caller.project)
        return save({ ...project, settings: { ...project.settings, ...changed(body) } })
      },
    ),
    defineRoute(
      {
        ...writing,
        method: 'post',
        path: '/v1/connect/projects/{id}/logo',
        summary: 'Set the logo of a project',
        params: withId,
        body: z.object({ logo }),
        status: 204,
        answer: undefined,
      },
      async ({ params, body, caller }) => {
        const project = await readOwn(params.id, caller.project)
        await save({ ...project, settings: { ...project.settings, logo: body.logo } })
      },
    ),
    defineRoute(
      {
        ...writing,
        method: 'delete',
        path: one,
        summary: 'Delete a project that was made here',
        params: withId,
        body: noBody,
        status: 204,
        answer: undefined,
      },
      async ({ params, caller }) => {
        const { id, configured } = await readOwn(params.id, caller.project)
        if (configured) throw invalidField('id', "names a project of the server's configuration; take it out there")
        if (!(await deleteProject(parts, id))) throw notFound()
      },
    ),
  ]
}

function json({ id, settings }: StoredProject): z.output<typeof projectSchema> {
  const { owner: _, logo: __, ...shown } = settings
  return { id, ...shown }
}

function changed(body: z.output<typeof changes>) {
  return {
    ...present('name', body.name),
    ...present('app_name', body.app_name),
    ...present('support_email', body.support_email),
    ...present('connect_require_key_auth_test', body.connect_require_key_auth_test),
  }
}
