import type { AuthEntry } from '@proxy/core'
import { Inexpressible } from './inexpressible.js'
import { type Places, translate } from './translate.js'

/** `Authorization: ${awsSigV4(key, secret, region, service[, host])}` as the kind that signs so; undefined without it. */
export function awsSignature(headers: Readonly<Record<string, unknown>>, places: Places): AuthEntry | undefined {
  const value = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const inner = typeof value === 'string' ? /^\$\{awsSigV4\((.*)\)\}$/s.exec(value.trim())?.[1] : undefined
  if (inner === undefined) return undefined
  const [accessKey, secretKey, region, service] = inner.split(',').map((part) => translate(part.trim(), places).text)
  if (accessKey === undefined || secretKey === undefined || region === undefined || service === undefined) {
    throw new Inexpressible('an AWS signature without its parts')
  }
  return { kind: 'aws-sigv4', access_key_id: accessKey, secret_access_key: secretKey, region, service }
}
