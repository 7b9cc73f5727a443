import type { RecordedRequest } from '@proxy/test-support'

/** How often a secret stands anywhere in a request: its line, its headers, its body. */
export function occurrences(request: RecordedRequest, secret: string): number {
  const whole = [request.method, request.url, ...request.rawHeaders, request.body.toString('latin1')].join('\n')
  return whole.split(secret).length - 1
}

/** The names of headers that are between the caller and this server only, and must not be seen upstream. */
export function privateHeaderNames(request: RecordedRequest): string[] {
  return request.rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => /^(x-pd-|x-fern-|sec-|cookie$|origin$|referer$|accept-language$|x-forwarded-)/.test(name))
}
