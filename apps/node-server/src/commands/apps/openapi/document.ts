import { CommandFailed } from '../../command-failed.js'

/** What of an OpenAPI document is of use, in one form for all versions. */
export interface ApiDocument {
  readonly title: string
  readonly docs: string | undefined
  readonly servers: readonly Server[]
  /** By name. */
  readonly schemes: ReadonlyMap<string, Fields>
  /** Alternatives; each names the schemes that are needed together. Undefined when the document does not say. */
  readonly security: readonly (readonly string[])[] | undefined
}

export interface Server {
  readonly url: string
  readonly variables: Readonly<Record<string, Variable>>
}

export interface Variable {
  readonly usual: string | undefined
  readonly options: readonly string[]
}

export type Fields = Readonly<Record<string, unknown>>

/** Throws a `CommandFailed` for what is no OpenAPI document. */
export function readApiDocument(data: unknown, place: string): ApiDocument {
  const whole = asFields(data)
  const version = textOf(whole.swagger) ?? textOf(whole.openapi)
  const isSecond = version?.startsWith('2.') === true && whole.swagger !== undefined
  if (!isSecond && version?.startsWith('3.') !== true) {
    throw new CommandFailed(`${place} is no OpenAPI document: it has neither swagger: "2.0" nor openapi: 3.x.`)
  }
  const schemes = isSecond ? asFields(whole.securityDefinitions) : asFields(asFields(whole.components).securitySchemes)
  const info = asFields(whole.info)
  return {
    title: textOf(info.title) ?? '',
    docs: textOf(asFields(whole.externalDocs).url),
    servers: (isSecond ? secondServers(whole) : thirdServers(whole)).map((server) => absolute(server, place)),
    schemes: new Map(Object.entries(schemes).map(([name, scheme]) => [name, asFields(scheme)])),
    security: securityOf(whole),
  }
}

function secondServers({ host, basePath, schemes }: Fields): readonly Server[] {
  const name = textOf(host)
  const path = textOf(basePath) ?? ''
  const isPlain = Array.isArray(schemes) && !schemes.includes('https') && schemes.includes('http')
  const url = name === undefined ? path : `${isPlain ? 'http' : 'https'}://${name}${path}`
  return url === '' ? [] : [{ url, variables: {} }]
}

function thirdServers({ servers }: Fields): readonly Server[] {
  if (!Array.isArray(servers)) return []
  return servers.flatMap((entry) => {
    const { url, variables } = asFields(entry)
    const text = textOf(url)
    if (text === undefined) return []
    return [
      {
        url: text,
        variables: Object.fromEntries(
          Object.entries(asFields(variables)).map(([name, variable]) => [name, toVariable(asFields(variable))]),
        ),
      },
    ]
  })
}

function toVariable({ default: usual, enum: options }: Fields): Variable {
  return { usual: textOf(usual), options: Array.isArray(options) ? options.map(String) : [] }
}

/** A relative URL is relative to the document, where that has one itself. */
function absolute(server: Server, place: string): Server {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(server.url) || server.url.startsWith('{')) return server
  if (!/^https?:\/\//.test(place)) return server
  return { ...server, url: new URL(server.url, place).href }
}

/** The document's own, or that of its operations when all that say something say the same. */
function securityOf({ security, paths }: Fields): readonly (readonly string[])[] | undefined {
  if (Array.isArray(security) && security.length > 0) return alternatives(security)
  const operations = Object.values(asFields(paths)).flatMap((path) => Object.values(asFields(path)))
  const said = operations.flatMap((operation) => {
    const own = asFields(operation).security
    return Array.isArray(own) && own.length > 0 ? [JSON.stringify(own)] : []
  })
  const [first] = said
  return first !== undefined && new Set(said).size === 1 ? alternatives(JSON.parse(first)) : undefined
}

function alternatives(security: readonly unknown[]): readonly (readonly string[])[] {
  return security.map((one) => Object.keys(asFields(one)))
}

export function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined
}
