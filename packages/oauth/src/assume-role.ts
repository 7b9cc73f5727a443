import {
  type Account,
  type App,
  type AssumeRoleSettings,
  type CredentialValues,
  ExchangeFailure,
  type Moment,
  signAwsRequest,
  type Target,
  type TokenSet,
} from '@proxy/core'
import { type Answer, readAnswer, textAt } from './answer.js'
import type { ExchangeParts } from './exchange-parts.js'
import { statusFault } from './faults.js'

/** AccessDenied, InvalidClientTokenId, SignatureDoesNotMatch. */
const refusedStatuses = [403]
const result = '/AssumeRoleResponse/AssumeRoleResult/Credentials'

/** Keys of a role for a while, by STS `AssumeRole`, for which the account's own keys sign. */
export async function assumeRole(
  account: Account,
  app: App,
  settings: AssumeRoleSettings,
  { fetch, clock }: ExchangeParts,
): Promise<TokenSet> {
  const values = account.values.reveal()
  const moment = { now: clock.now() }
  const url = settings.url.resolve(account, app)
  const body = form(settings, values, moment)
  const headers = signedHeaders(settings, url, body, values, moment)
  const answer = await readAnswer(await fetch(`${url.origin}${url.path}`, { method: 'POST', headers, body }))
  if (answer.status !== 200) throw statusFault(answer, refusedStatuses)
  return {
    credentials: {
      aws_access_key_id: read(answer, 'AccessKeyId'),
      aws_secret_access_key: read(answer, 'SecretAccessKey'),
      aws_session_token: read(answer, 'SessionToken'),
    },
    expiresAt: endOf(read(answer, 'Expiration')),
    scopes: undefined,
  }
}

function form(settings: AssumeRoleSettings, values: CredentialValues, moment: Moment): string {
  const { roleArn, sessionName, durationSeconds, externalId } = settings
  const fields = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn.render(values, moment),
    RoleSessionName: sessionName.render(values, moment),
    DurationSeconds: String(durationSeconds),
  })
  if (externalId !== undefined) fields.set('ExternalId', externalId.render(values, moment))
  return fields.toString()
}

function signedHeaders(
  settings: AssumeRoleSettings,
  target: Target,
  body: string,
  values: CredentialValues,
  moment: Moment,
): Record<string, string> {
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const signature = signAwsRequest(
    { method: 'POST', target, headers: Object.entries(headers).flat(), payload: Buffer.from(body) },
    {
      accessKeyId: settings.accessKeyId.render(values, moment),
      secretAccessKey: settings.secretAccessKey.render(values, moment),
      sessionToken: settings.sessionToken?.render(values, moment),
    },
    { region: settings.region.render(values, moment), service: 'sts' },
    moment.now,
  )
  const signed: Record<string, string> = { ...headers, 'user-agent': 'api-proxy' }
  for (let index = 0; index + 1 < signature.length; index += 2)
    signed[signature[index] ?? ''] = signature[index + 1] ?? ''
  return signed
}

/** STS answers in JSON when asked to, and in XML where that is not known. */
function read(answer: Answer, name: string): string {
  const value =
    textAt(answer, { from: 'json', pointer: `${result}/${name}` }) ??
    new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer.text)?.[1]
  if (value === undefined) throw new ExchangeFailure(`the vendor answered 200 without ${name}`)
  return value.trim()
}

function endOf(text: string): number | undefined {
  const time = /^[\d.]+(?:E\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isFinite(time) ? Math.floor(time) : undefined
}
