import { STATUS_CODES } from 'node:http'
import type { ResponseHead } from '@proxy/core'
import type { Front } from './front.js'

/** The head of an answer in the form of a front. */
export interface EventHead {
  readonly statusCode: number
  readonly statusDescription?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly cookies?: readonly string[]
}

/** A buffered answer in the form of a front. */
export interface EventAnswer extends EventHead {
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** An answer's head as the front wants it. Repeated headers stay apart where it has a form for that. */
export function describeHead(front: Front | undefined, { status, headers }: ResponseHead): EventHead {
  switch (front) {
    case 'rest-api':
      return { statusCode: status, multiValueHeaders: listed(headers) }
    case 'balancer-multi':
      return { ...described(status), multiValueHeaders: listed(headers) }
    case 'balancer':
      return { ...described(status), headers: { ...joined(headers), ...spelledApart(cookiesOf(headers)) } }
    default:
      return { statusCode: status, headers: joined(headers), cookies: cookiesOf(headers) }
  }
}

function described(status: number): EventHead {
  return { statusCode: status, statusDescription: `${status} ${STATUS_CODES[status] ?? 'Unknown'}` }
}

function listed(headers: readonly string[]): Record<string, string[]> {
  const lists = new Map<string, string[]>()
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase()
    const values = lists.get(name)
    if (values === undefined) lists.set(name, [headers[index + 1] ?? ''])
    else values.push(headers[index + 1] ?? '')
  }
  return Object.fromEntries(lists)
}

/** All but cookies, which cannot be joined. */
function joined(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(listed(headers)).flatMap(([name, values]) =>
      name === 'set-cookie' ? [] : [[name, values.join(', ')]],
    ),
  )
}

/** A map has room for one value of a name; names whose letters differ in case are different ones to it. */
function spelledApart(cookies: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    cookies.map((cookie, nth) => {
      const letters = [...'setcookie'].map((letter, at) => ((nth >> at) & 1 ? letter.toUpperCase() : letter))
      letters.splice(3, 0, '-')
      return [letters.join(''), cookie]
    }),
  )
}

function cookiesOf(headers: readonly string[]): string[] {
  return listed(headers)['set-cookie'] ?? []
}
