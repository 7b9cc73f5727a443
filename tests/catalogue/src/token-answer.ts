import type { AnswerPlace, App } from '@proxy/core'
import type { RecordedAnswer } from './recording-transport.js'

/** What a vendor would answer to the app's request for a token, with samples where the app looks for values. */
export function sampleTokenAnswer({ renewal }: App): RecordedAnswer {
  if (renewal === undefined || renewal.kind.startsWith('x-')) return { body: '{}' }
  if (renewal.kind === 'assume-role') return { body: JSON.stringify(assumedRole) }
  const { answer } = renewal.settings as { readonly answer: TokenPlaces }
  const headers: string[] = []
  let body: unknown = {}
  const put = (place: AnswerPlace, value: string): void => {
    if (place.from === 'header') headers.push(place.name, value)
    else if (place.from === 'cookie') headers.push('set-cookie', `${place.name}=${value}; Path=/`)
    else body = withValue(body, place.pointer.split('/').slice(1), value)
  }
  for (const { name, place } of answer.also) put(place, `sample-${name.replaceAll('_', '-')}`)
  put(answer.token, 'sample-access-token')
  return { headers, body: JSON.stringify(body) }
}

interface TokenPlaces {
  readonly token: AnswerPlace
  readonly also: readonly { readonly name: string; readonly place: AnswerPlace }[]
}

const assumedRole = {
  AssumeRoleResponse: {
    AssumeRoleResult: {
      Credentials: {
        AccessKeyId: 'sample-role-key',
        SecretAccessKey: 'sample-role-secret',
        SessionToken: 'sample-session-token',
        Expiration: 1_800_000_000,
      },
    },
  },
}

function withValue(whole: unknown, [step, ...more]: readonly string[], value: string): unknown {
  if (step === undefined) return value
  const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
  if (Array.isArray(whole) || /^\d+$/.test(name)) {
    const list = Array.isArray(whole) ? [...whole] : []
    list[Number(name)] = withValue(list[Number(name)], more, value)
    return list
  }
  const object = typeof whole === 'object' && whole !== null ? (whole as Readonly<Record<string, unknown>>) : {}
  return { ...object, [name]: withValue(object[name], more, value) }
}
