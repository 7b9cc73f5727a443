import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startAwsEmulator } from '@proxy/aws-emulator'
import { rawRequest } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFront } from './fronts/start-front.js'
import { type RunningFunction, startFunction } from './function/start-function.js'
import { apiKey, call, callHeaders, configuration, upstreamForTest } from './world.js'

async function functionForTest(environment: Readonly<Record<string, string>>): Promise<RunningFunction> {
  const running = await startFunction({ handler: 'index.handler', environment })
  onTestFinished(() => running.stop())
  return running
}

/** The error that the platform is given, and that it shows. */
async function initError(environment: Readonly<Record<string, string>>): Promise<{ type: string; message: string }> {
  const running = await functionForTest(environment)
  const { errorType: type, errorMessage: message } = JSON.parse(await running.initError) as Record<string, string>
  return { type: type ?? '', message: message ?? '' }
}

async function works(environment: Readonly<Record<string, string>>): Promise<void> {
  const running = await functionForTest(environment)
  const front = await startFront('function-url', running.invoke)
  onTestFinished(() => front.stop())
  const answer = await call(front.url, '/hello')
  expect([answer.status, running.logs()]).toEqual([200, expect.any(String)])
}

async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lambda-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the init phase fails with one line that names the setting', () => {
  const sound = JSON.stringify(configuration(1))
  const { tokens: _, ...unsigned } = configuration(1)
  it.each([
    ['a file that is not there', { PROXY_CONFIG: 'missing.yaml' }, /missing\.yaml cannot be read: .*PROXY_CONFIG/],
    ['no setting at all', {}, /proxy\.config\.yaml cannot be read: .*PROXY_CONFIG_TEXT/],
    ['two sources', { PROXY_CONFIG: 'a', PROXY_CONFIG_TEXT: sound }, /Only one of PROXY_CONFIG and PROXY_CONFIG_TEXT/],
    ['a text that is no YAML', { PROXY_CONFIG_TEXT: 'a: [' }, /PROXY_CONFIG_TEXT:1: is not valid YAML/],
    [
      'two faults',
      { PROXY_CONFIG_TEXT: '{"bogus":1,"limits":{"headTimeout":"x"}}' },
      /bogus: .*; .*limits\.headTimeout: /,
    ],
    [
      'a missing variable',
      { PROXY_CONFIG_TEXT: sound.replace(apiKey, '$' + '{API_KEY}') },
      /the environment variable API_KEY is not set/,
    ],
    ['no signing key', { PROXY_CONFIG_TEXT: JSON.stringify(unsigned) }, /tokens\.signingKeys is needed/],
    ['a base path with a slash', { PROXY_CONFIG_TEXT: sound, PROXY_BASE_PATH: '/a/' }, /^PROXY_BASE_PATH must be/],
    [
      'a margin that is no number',
      { PROXY_CONFIG_TEXT: sound, PROXY_TIME_MARGIN_MS: 'x' },
      /^PROXY_TIME_MARGIN_MS must be/,
    ],
    ['a limit of zero', { PROXY_CONFIG_TEXT: sound, PROXY_MAX_STREAMED_MIB: '0' }, /^PROXY_MAX_STREAMED_MIB must be/],
    ['no region', { PROXY_CONFIG_SECRET: 's' }, /^AWS_REGION is not set/],
  ])('for %s', async (_name, environment, pattern) => {
    const { type, message } = await initError(environment)
    expect(type).toBe('ConfigError')
    expect(message).toMatch(pattern)
    expect(message).not.toContain('\n')
    expect(message).not.toMatch(/client-secret-of|key-of-development|api-key-of/)
  })
})

describe('the configuration', () => {
  it('has the apps of the catalogue beside its own', async () => {
    const running = await functionForTest({ PROXY_CONFIG_TEXT: JSON.stringify(configuration(1)) })
    const front = await startFront('function-url', running.invoke)
    onTestFinished(() => front.stop())
    const answer = await rawRequest(`${front.url}/v1/connect/apps?limit=100`, { headers: callHeaders })
    const slugs = (answer.json() as { data: { name_slug: string }[] }).data.map((app) => app.name_slug)
    expect(slugs).toContain('acme')
    expect(slugs.length).toBeGreaterThan(50)
  })

  it('comes from a bundled file', async () => {
    const upstream = await upstreamForTest()
    const folder = await folderForTest()
    await writeFile(join(folder, 'own.yaml'), JSON.stringify(configuration(upstream.port)))
    await works({ PROXY_CONFIG: join(folder, 'own.yaml') })
  })

  it('comes from a secret, with variables from another', async () => {
    const upstream = await upstreamForTest()
    const aws = await startAwsEmulator()
    onTestFinished(() => aws.stop())
    const text = JSON.stringify(configuration(upstream.port)).replace(apiKey, '$' + '{API_KEY}')
    const client = new SecretsManagerClient(aws)
    onTestFinished(() => client.destroy())
    await client.send(new CreateSecretCommand({ Name: 'config', SecretString: text }))
    const variables = JSON.stringify({ API_KEY: apiKey })
    await client.send(new CreateSecretCommand({ Name: 'variables', SecretString: variables }))
    const environment = {
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.endpoint,
      PROXY_CONFIG_SECRET: 'config',
      PROXY_VARIABLES_SECRET: 'variables',
    }
    await works(environment)
    expect(upstream.only().values('x-api-key')).toEqual([apiKey])
    const missing = await initError({ ...environment, PROXY_CONFIG_SECRET: 'none' })
    expect(missing.message).toBe('The secret none cannot be read: ResourceNotFoundException.')
  })

  it('comes from a parameter', async () => {
    const upstream = await upstreamForTest()
    const { endpoint, calls } = await parameterStore({ '/proxy/config': JSON.stringify(configuration(upstream.port)) })
    const environment = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'session',
      AWS_ENDPOINT_URL_SSM: endpoint,
      PROXY_CONFIG_PARAMETER: '/proxy/config',
    }
    await works(environment)
    expect(calls[0]).toMatchObject({
      input: { Name: '/proxy/config', WithDecryption: true },
      headers: { 'x-amz-target': 'AmazonSSM.GetParameter', 'x-amz-security-token': 'session' },
    })
    expect(calls[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/ssm\/aws4_request/,
    )
    const missing = await initError({ ...environment, PROXY_CONFIG_PARAMETER: '/none' })
    expect(missing.message).toBe('The parameter /none cannot be read: ParameterNotFound.')
  })
})

interface StoreCall {
  readonly headers: Readonly<Record<string, unknown>>
  readonly input: unknown
}

/** The one operation of Systems Manager that is used. */
async function parameterStore(values: Readonly<Record<string, string>>) {
  const calls: StoreCall[] = []
  const server = createServer(async (request, response) => {
    const input = JSON.parse((await buffer(request)).toString()) as { Name: string }
    calls.push({ headers: request.headers, input })
    const value = values[input.Name]
    const answer = value === undefined ? { __type: 'ParameterNotFound' } : { Parameter: { Value: value } }
    response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}
