import type { EventRequest } from './event-request.js'
import type { Front } from './front.js'
import { isRecord, type JsonRecord } from './json-record.js'
import { malformed } from './malformed.js'
import { readBody } from './read-body.js'
import { joinedHeaders, listedHeaders } from './read-headers.js'
import { asPath, decodedPath, withoutPrefix } from './read-path.js'
import { decodedQuery, rawQuery } from './read-query.js'

/** What is known of paths besides what an event says: see `LambdaOptions`. */
export interface PathRules {
  readonly basePath: string
  readonly restorePath: (path: string) => string
}

/**
 * The request that an event describes. Nothing in an event but the request itself counts: neither what an authorizer
 * added nor a second spelling of the path. Throws `invalid_request` when parts contradict each other.
 */
export function readEvent(front: Front, event: JsonRecord, paths: PathRules): EventRequest {
  const context = isRecord(event.requestContext) ? event.requestContext : {}
  switch (front) {
    case 'function-url':
    case 'http-api':
      return readVersion2(front, event, context, paths)
    case 'rest-api':
      return readVersion1(event, context, paths)
    default:
      return readBalancer(event, paths)
  }
}

function readVersion2(front: Front, event: JsonRecord, context: JsonRecord, paths: PathRules): EventRequest {
  const http = isRecord(context.http) ? context.http : {}
  const rawPath = textOf(event.rawPath, 'rawPath')
  const path = front === 'http-api' ? restored(rawPath, context, paths) : keptPath(rawPath, paths)
  return {
    method: textOf(http.method, 'requestContext.http.method'),
    target: targetOf(path, asPath(textOr(event.rawQueryString, ''))),
    headers: joinedHeaders(event.headers, event.cookies),
    body: readBody(event),
    remoteAddress: textOr(http.sourceIp, 'unknown'),
  }
}

function readVersion1(event: JsonRecord, context: JsonRecord, paths: PathRules): EventRequest {
  const path = textOf(event.path, 'path')
  const identity = isRecord(context.identity) ? context.identity : {}
  return {
    method: textOf(event.httpMethod, 'httpMethod'),
    // An HTTP API with the older payload format decodes the path and leaves the stage in it, unlike a REST API.
    target: targetOf(
      event.version === '1.0' ? restored(path, context, paths) : keptPath(path, paths),
      decodedQuery(event.queryStringParameters, event.multiValueQueryStringParameters),
    ),
    headers: listedHeaders(event.headers, event.multiValueHeaders),
    body: readBody(event),
    remoteAddress: textOr(identity.sourceIp, 'unknown'),
  }
}

function readBalancer(event: JsonRecord, paths: PathRules): EventRequest {
  const headers = listedHeaders(event.headers, event.multiValueHeaders)
  return {
    method: textOf(event.httpMethod, 'httpMethod'),
    target: targetOf(
      keptPath(textOf(event.path, 'path'), paths),
      asPath(rawQuery(event.queryStringParameters, event.multiValueQueryStringParameters)),
    ),
    headers,
    body: readBody(event),
    remoteAddress: lastForwarded(headers),
  }
}

/** A path that the front left as it was sent. */
function keptPath(path: string, { basePath }: PathRules): string {
  return withoutPrefix(asPath(path), basePath)
}

/** One that the front decoded. */
function restored(path: string, context: JsonRecord, { basePath, restorePath }: PathRules): string {
  return restorePath(withoutPrefix(withoutStage(decodedPath(path), context), basePath))
}

function withoutStage(path: string, { stage }: JsonRecord): string {
  return typeof stage === 'string' && stage !== '$default' ? withoutPrefix(path, `/${stage}`) : path
}

function targetOf(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

/** The address that the balancer itself put behind those that the caller sent. */
function lastForwarded(headers: readonly string[]): string {
  let last = 'unknown'
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'x-forwarded-for')
      last = headers[index + 1]?.split(',').at(-1)?.trim() ?? last
  }
  return last
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw malformed(`The event has no text in ${name}.`)
  return value
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
