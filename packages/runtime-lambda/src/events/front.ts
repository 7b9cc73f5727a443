import { isRecord, type JsonRecord } from './json-record.js'

/** What stands between callers and the function; each has its own form of events and answers. */
export type Front = 'function-url' | 'http-api' | 'rest-api' | 'balancer' | 'balancer-multi'

/** The front that an event comes from; undefined when it has the form of none. */
export function frontOf(event: unknown): Front | undefined {
  if (!isRecord(event) || !isRecord(event.requestContext)) return undefined
  const { requestContext } = event
  if (requestContext.elb !== undefined) return event.multiValueHeaders === undefined ? 'balancer' : 'balancer-multi'
  if (event.version === '2.0' && isRecord(requestContext.http)) {
    return isFunctionUrl(requestContext) ? 'function-url' : 'http-api'
  }
  return typeof event.httpMethod === 'string' && typeof event.path === 'string' ? 'rest-api' : undefined
}

function isFunctionUrl({ domainName }: JsonRecord): boolean {
  return typeof domainName === 'string' && domainName.includes('.lambda-url.')
}
