import { ConfigError, type Environment } from '@proxy/composition'
import { type AwsKeys, type Clock, parseTarget, signAwsRequest } from '@proxy/core'

/** Reads what the function's own role may read. */
export interface AwsReader {
  /** The value of a parameter of Systems Manager, decrypted. */
  readParameter(name: string): Promise<string>
  /** The text of a secret of Secrets Manager. */
  readSecret(id: string): Promise<string>
}

interface Service {
  /** In signatures and host names. */
  readonly name: 'ssm' | 'secretsmanager'
  readonly operation: string
  readonly endpointVariable: string
}

const parameters: Service = {
  name: 'ssm',
  operation: 'AmazonSSM.GetParameter',
  endpointVariable: 'AWS_ENDPOINT_URL_SSM',
}
const secrets: Service = {
  name: 'secretsmanager',
  operation: 'secretsmanager.GetSecretValue',
  endpointVariable: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
}

const timeoutMs = 3_000
const attempts = 3

/**
 * One signed request, without the SDK: it would be most of what a cold start loads. Credentials and region are those
 * that Lambda puts into the environment.
 */
export function awsReader(variables: Environment, clock: Clock): AwsReader {
  async function ask(service: Service, input: object, what: string): Promise<unknown> {
    const { status, answer } = await retried(() => send(service, input), what)
    if (status === 200) return answer
    const type = textAt(answer, ['__type']) ?? `status ${status}`
    throw new ConfigError(`${what} cannot be read: ${type.replace(/^.*#/, '')}.`)
  }

  async function send({ name, operation, endpointVariable }: Service, input: object): Promise<Answer> {
    const region = need(variables, 'AWS_REGION')
    const base = variables[endpointVariable] ?? variables.AWS_ENDPOINT_URL ?? `https://${name}.${region}.amazonaws.com`
    const url = `${base.replace(/\/+$/, '')}/`
    const body = Buffer.from(JSON.stringify(input))
    const headers = ['content-type', 'application/x-amz-json-1.1', 'x-amz-target', operation]
    const request = { method: 'POST', target: parseTarget(url), headers, payload: body }
    const signed = signAwsRequest(request, keysOf(variables), { region, service: name }, clock.now())
    const response = await fetch(url, {
      method: 'POST',
      headers: pairs([...headers, ...signed]),
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.status, answer: await response.json().catch(() => undefined) }
  }

  return {
    async readParameter(name) {
      const what = `The parameter ${name}`
      const value = textAt(await ask(parameters, { Name: name, WithDecryption: true }, what), ['Parameter', 'Value'])
      if (value === undefined) throw new ConfigError(`${what} has no value.`)
      return value
    },
    async readSecret(id) {
      const what = `The secret ${id}`
      const value = textAt(await ask(secrets, { SecretId: id }, what), ['SecretString'])
      if (value === undefined) throw new ConfigError(`${what} holds no text.`)
      return value
    },
  }
}

interface Answer {
  readonly status: number
  readonly answer: unknown
}

/** Throttled, and faults of the service or on the way to it, are tried again. */
async function retried(send: () => Promise<Answer>, what: string): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send().catch((error: unknown) => {
      if (error instanceof ConfigError) throw error
      return undefined
    })
    const isFinal = answer !== undefined && answer.status < 500 && !isThrottled(answer)
    if (isFinal || (answer !== undefined && attempt === attempts)) return answer
    if (attempt === attempts) throw new ConfigError(`${what} cannot be read: the service does not answer.`)
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt * Math.random()))
  }
}

function isThrottled({ status, answer }: Answer): boolean {
  return status === 429 || /Throttl/.test(textAt(answer, ['__type']) ?? '')
}

function keysOf(variables: Environment): AwsKeys {
  return {
    accessKeyId: need(variables, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: need(variables, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: variables.AWS_SESSION_TOKEN,
  }
}

function need(variables: Environment, name: string): string {
  const value = variables[name]
  if (value === undefined || value === '') {
    throw new ConfigError(`${name} is not set; Lambda sets it, and what is read from AWS at start needs it.`)
  }
  return value
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.entries(at).find(([key]) => key === name)?.[1]
  }
  return typeof at === 'string' ? at : undefined
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []))
}
