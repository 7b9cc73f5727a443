import { type FrontRequest, grouped, headerPairs, joinedBy, lastOf } from './front-request.js'

export type FrontKind = 'function-url' | 'http-api' | 'rest-api' | 'balancer' | 'balancer-multi'

export const frontKinds: readonly FrontKind[] = ['function-url', 'http-api', 'rest-api', 'balancer', 'balancer-multi']

const stage = 'prod'

/** The event that AWS makes of a request, by its documentation and by published captures. */
export function makeEvent(kind: FrontKind, request: FrontRequest): Record<string, unknown> {
  switch (kind) {
    case 'function-url':
      return version2(request, request.path, 'abcdefghij.lambda-url.eu-west-1.on.aws', '$default')
    case 'http-api':
      return version2(request, httpApiPath(request.path), 'abcdefghij.execute-api.eu-west-1.amazonaws.com', stage)
    case 'rest-api':
      return version1(request)
    default:
      return balancer(request, kind === 'balancer-multi')
  }
}

function version2(request: FrontRequest, path: string, domainName: string, stageName: string) {
  const pairs = headerPairs(request).map(([name, value]) => [name.toLowerCase(), value] as const)
  const cookies = pairs.filter(([name]) => name === 'cookie').flatMap(([, value]) => value.split(/;\s*/))
  const groups = grouped(pairs.filter(([name]) => name !== 'cookie'))
  const isText = isTextual(request)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: request.query,
    ...(cookies.length > 0 && { cookies }),
    headers: joinedBy(groups, (values) => values.join(',')),
    ...(request.query !== '' && {
      queryStringParameters: joinedBy(grouped(decodedPairs(request.query)), (values) => values.join(',')),
    }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abcdefghij',
      domainName,
      domainPrefix: 'abcdefghij',
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: 'agent',
      },
      requestId: 'id',
      routeKey: '$default',
      stage: stageName,
      time: '28/Nov/2026:18:00:00 +0000',
      timeEpoch: 1_795_888_800_000,
    },
    ...(request.body.length > 0 && { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  }
}

/** Decoded, and cut where a question mark comes to light. */
function httpApiPath(path: string): string {
  const decoded = path.replace(/(?:%[0-9A-Fa-f]{2})+/g, (codes) =>
    Buffer.from(codes.replaceAll('%', ''), 'hex').toString(),
  )
  return `/${stage}${decoded.split('?', 1)[0] ?? ''}`
}

function version1(request: FrontRequest) {
  const headers = grouped(headerPairs(request))
  const query = grouped(decodedPairs(request.query))
  const hasQuery = query.size > 0
  return {
    resource: '/{proxy+}',
    path: request.path,
    httpMethod: request.method,
    headers: joinedBy(headers, lastOf),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: hasQuery ? joinedBy(query, lastOf) : null,
    multiValueQueryStringParameters: hasQuery ? Object.fromEntries(query) : null,
    pathParameters: { proxy: request.path.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      domainName: 'abcdefghij.execute-api.eu-west-1.amazonaws.com',
      httpMethod: request.method,
      identity: { sourceIp: request.sourceIp, userAgent: 'agent' },
      path: `/${stage}${request.path}`,
      protocol: 'HTTP/1.1',
      requestId: 'id',
      resourcePath: '/{proxy+}',
      stage,
    },
    body: request.body.length > 0 ? request.body.toString('base64') : null,
    isBase64Encoded: request.body.length > 0,
  }
}

function balancer(request: FrontRequest, isMulti: boolean) {
  const pairs = headerPairs(request).map(([name, value]) => [name.toLowerCase(), value] as const)
  const headers = grouped([
    ...pairs.filter(([name]) => !name.startsWith('x-forwarded-')),
    ['x-forwarded-for', request.sourceIp],
    ['x-forwarded-port', '443'],
    ['x-forwarded-proto', 'https'],
  ])
  const query = grouped(rawPairs(request.query))
  const isText = isTextual(request)
  return {
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1' } },
    httpMethod: request.method,
    path: request.path,
    ...(isMulti
      ? { multiValueQueryStringParameters: Object.fromEntries(query), multiValueHeaders: Object.fromEntries(headers) }
      : { queryStringParameters: joinedBy(query, lastOf), headers: joinedBy(headers, lastOf) }),
    body: request.body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: request.body.length > 0 && !isText,
  }
}

function rawPairs(query: string): (readonly [string, string])[] {
  if (query === '') return []
  return query.split('&').map((pair) => {
    const at = pair.indexOf('=')
    return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  })
}

function decodedPairs(query: string): (readonly [string, string])[] {
  return rawPairs(query).map(([name, value]) => [decoded(name), decoded(value)])
}

function decoded(text: string): string {
  const [[, value] = ['', '']] = [...new URLSearchParams(`x=${text.replaceAll('&', '%26')}`)]
  return value
}

/** What is handed on as text. A coding makes anything binary. */
function isTextual(request: FrontRequest): boolean {
  const values = (wanted: string): string =>
    headerPairs(request)
      .find(([name]) => name.toLowerCase() === wanted)?.[1]
      .toLowerCase() ?? ''
  if (values('content-encoding') !== '') return false
  return /^(?:text\/|application\/(?:json|javascript|xml)|[^;]*\+(?:json|xml))/.test(values('content-type'))
}
