import type { SentRequest } from './recording-transport.js'

/** What every call has, whatever the app. */
const usual: Readonly<Record<string, string>> = {
  accept: '*/*',
  'accept-encoding': 'identity',
  'user-agent': 'api-proxy',
  via: '1.1 golden',
}

/** A request for people to compare: query and form as names and values, JWTs by what they say, no signature of theirs. */
export function readable({ method, url, headers, body, hasClientCertificate }: SentRequest): object {
  const [address = '', query = ''] = url.split('?', 2)
  const shown: Record<string, string> = {}
  for (let index = 0; index < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2)
    if (usual[name] === value || name === 'content-length') continue
    shown[name] = shown[name] === undefined ? plain(value) : `${shown[name]}, ${plain(value)}`
  }
  const isForm = shown['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return {
    request: `${method} ${plain(address)}`,
    ...(query !== '' && { query: pairs(query) }),
    headers: Object.fromEntries(Object.entries(shown).sort(([one], [other]) => (one < other ? -1 : 1))),
    ...(body !== '' && { body: isForm ? pairs(body) : plain(body) }),
    ...(hasClientCertificate && { client_certificate: true }),
  }
}

function pairs(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found[name]
    found[name] = before === undefined ? plain(value) : [before, plain(value)].flat()
  }
  return found
}

const jwt = /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g
const basic = /^Basic ([A-Za-z0-9+/]+=*)$/

/** JWTs and the Basic scheme, decoded. */
function plain(text: string): string {
  const [, encoded] = basic.exec(text) ?? []
  if (encoded !== undefined) return `Basic base64(${Buffer.from(encoded, 'base64')})`
  return text.replace(jwt, (whole) => {
    const [head = '', claims = ''] = whole.split('.')
    return `JWT(${decode(head)} ${decode(claims)})`
  })
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString()
}
