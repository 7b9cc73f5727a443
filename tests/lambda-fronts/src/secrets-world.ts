import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type AwsEmulator, startAwsEmulator } from '@proxy/aws-emulator'
import { type RawAnswer, type RawRequest, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import {
  account,
  callHeaders,
  callPath,
  configuration,
  type FrontedFunction,
  key,
  project,
  startFronted,
} from './world.js'

/** Every credential of these tests, and that of the function's own role. */
export const planted = /planted-|emulated\/secret/

/** The function with what callers ask of it. */
export interface AskedFunction extends FrontedFunction {
  ask(path: string, request?: RawRequest): Promise<RawAnswer>
  /** A proxied call in Pipedream's form. */
  pipedream(target: string, id?: string): Promise<RawAnswer>
  /** A proxied call in Nango's form. */
  nango(target: string, connection: string): Promise<RawAnswer>
}

export interface SecretsWorld {
  readonly upstream: Upstream
  readonly aws: AwsEmulator
  /** The configuration over this upstream. */
  config(storage: object, sections?: Readonly<Record<string, unknown>>): object
  /** A process of its own, with the environment that Lambda gives a function. */
  start(config: object, options?: StartOptions): Promise<AskedFunction>
  makeSecret(name: string, value: object): Promise<void>
  /** The current text of a secret as an object; undefined when there is none. */
  secret(name: string): unknown
  /** How often Secrets Manager was asked for it, of any secret without a name. */
  countOf(operation: string, name?: string): number
  /** Values of a header that arrived at `path`. */
  arrived(path: string, header?: string): readonly string[]
  /** Everything that callers and logs were told. */
  said(): string
  stop(): Promise<void>
}

export interface StartOptions {
  readonly streams?: boolean
  readonly environment?: Readonly<Record<string, string>>
}

function roleEnvironment({ region, credentials, endpoint }: AwsEmulator): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: 'planted-session-of-the-role',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  }
}

/** Secrets Manager, an upstream and any number of functions between them. */
export async function startSecretsWorld(): Promise<SecretsWorld> {
  const [upstream, aws] = await Promise.all([startUpstream(), startAwsEmulator()])
  const client = new SecretsManagerClient(aws)
  const running: FrontedFunction[] = []
  const answers: string[] = []

  return {
    upstream,
    aws,
    config: (storage, sections = {}) =>
      configuration(upstream.port, { storage: { kind: 'aws-secrets-manager', ...storage }, ...sections }),
    async start(config, { streams = false, environment = {} } = {}) {
      const started = await startFronted({
        kind: 'function-url',
        streams,
        config,
        environment: { ...roleEnvironment(aws), ...environment },
      })
      running.push(started)
      return asked(started, answers)
    },
    async makeSecret(Name, value) {
      await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
    },
    secret(name) {
      const versions = [...(aws.secrets.get(name)?.versions.values() ?? [])]
      const text = versions.find(({ stages }) => stages.has('AWSCURRENT'))?.text
      return text === undefined ? undefined : JSON.parse(text)
    },
    countOf: (operation, name) =>
      aws.calls.filter((call) => call.operation === operation && (name === undefined || call.input.SecretId === name))
        .length,
    arrived: (path, header = 'x-api-key') =>
      upstream.requests.filter(({ url }) => url === path).flatMap((request) => request.values(header)),
    said: () => [...answers, ...running.map((started) => started.function.logs())].join('\n'),
    async stop() {
      client.destroy()
      await Promise.all(running.map((started) => started.stop()))
      await Promise.all([upstream.stop(), aws.stop()])
    },
  }
}

function asked(started: FrontedFunction, answers: string[]): AskedFunction {
  async function ask(path: string, request: RawRequest = {}): Promise<RawAnswer> {
    const answer = await rawRequest(`${started.url}${path}`, { headers: callHeaders, ...request })
    answers.push(JSON.stringify([answer.status, answer.headers, answer.body.toString()]))
    return answer
  }
  return {
    ...started,
    ask,
    pipedream: (target, id = account) => ask(callPath(target).replace(account, id)),
    nango: (target, connection) =>
      ask(`/proxy${target}`, {
        headers: { authorization: `Bearer ${key}`, 'provider-config-key': 'acme', 'connection-id': connection },
      }),
  }
}

/** An account without values, for a secret that is there already. */
export function bareAccount(id: string, more: object = {}): object {
  return {
    project,
    environment: 'development',
    external_user_id: 'user-1',
    external_id: `connection-${id}`,
    id,
    app: 'acme',
    ...more,
  }
}

/** Where the credential of `bareAccount` lies: in a secret of the user's own shape. */
export function existingSecret(id: string, secret: string, places: object): object {
  return { project, environment: 'development', account: id, secret, ...places }
}

const places = { custom_fields: { api_key: '/vendor/keys/0' } }

/** Two accounts whose credentials lie in secrets of the user's own: `apn_one` in `team/one`, `apn_two` in `team/two`. */
export function teamConfig(world: SecretsWorld, storage: object = {}): object {
  const existing = [existingSecret('apn_one', 'team/one', places), existingSecret('apn_two', 'team/two', places)]
  return world.config({ existing, ...storage }, { accounts: [bareAccount('apn_one'), bareAccount('apn_two')] })
}

export async function makeTeamSecrets({ makeSecret }: SecretsWorld, names = ['one', 'two']): Promise<void> {
  for (const name of names) {
    await makeSecret(`team/${name}`, { vendor: { keys: [`planted-${name}`], region: 7 }, kept: 'planted-beside' })
  }
}
