import type { Call, Fault } from '@proxy/aws-emulator'
import type { RawAnswer } from '@proxy/test-support'
import { startRedis } from '@proxy/test-support/redis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  type AskedFunction,
  bareAccount,
  makeTeamSecrets,
  planted,
  type SecretsWorld,
  startSecretsWorld,
  teamConfig,
} from './secrets-world.js'

let world: SecretsWorld
beforeEach(async () => {
  world = await startSecretsWorld()
  return async () => {
    await world.stop()
    expect(world.said()).not.toMatch(planted)
  }
})

/** A fault in every call about `team/one`; `team/two` is its twin that works. */
const ofOne =
  (fault: Fault) =>
  ({ input }: Call): Fault | undefined =>
    input.SecretId === 'team/one' ? fault : undefined

function expectUnavailable(answer: RawAnswer): void {
  expect([answer.status, answer.headers['retry-after'], answer.json()]).toMatchObject([
    503,
    '1',
    { code: 'credential_store_unavailable' },
  ])
}

/** One whose init phase is over: it has its accounts, and no credential yet. */
async function startTeam(storage: object = {}): Promise<AskedFunction> {
  const asked = await world.start(teamConfig(world, storage))
  expect((await asked.ask('/readyz')).status).toBe(200)
  return asked
}

async function untilServed({ pipedream }: AskedFunction, target: string, id = 'apn_one'): Promise<void> {
  await expect.poll(async () => (await pipedream(target, id)).status, { timeout: 20_000 }).toBe(200)
}

describe('a Secrets Manager that', () => {
  it('denies one secret makes its callers get 503 at the cost of one call, beside others who are served', async () => {
    await makeTeamSecrets(world)
    const asked = await startTeam()
    world.aws.fault = ofOne({ type: 'AccessDeniedException' })
    const before = world.countOf('GetSecretValue', 'team/one')
    for (let nth = 0; nth < 5; nth += 1) expectUnavailable(await asked.pipedream('/denied', 'apn_one'))
    const spelled = await asked.nango('/denied', 'connection-apn_one')
    expect([spelled.status, spelled.json()]).toMatchObject([503, { error: { code: 'credential_store_unavailable' } }])
    expect(world.countOf('GetSecretValue', 'team/one') - before).toBe(1)
    expect((await asked.pipedream('/served', 'apn_two')).status).toBe(200)
    expect([world.arrived('/denied'), world.arrived('/served')]).toEqual([[], ['planted-two']])
    const lines = asked.function.logs().split('\n')
    const reason = '"code":"credential_store_unavailable","reason":"ServiceFault AccessDeniedException"'
    expect(lines.filter((line) => line.includes(reason))).toHaveLength(6)
    // Once for the one time that it was asked for.
    const naming = /The secret of account \\"apn_one\\" cannot be used: .*GetSecretValue: AccessDeniedException/
    expect(lines.filter((line) => naming.test(line))).toHaveLength(1)
    expect(lines.join()).not.toContain('apn_two\\" cannot be used')
    world.aws.fault = () => undefined
    await untilServed(asked, '/mended')
    expect(world.arrived('/mended')).toEqual(['planted-one'])
  })

  it('denies all at the start is told of in one line, and has the accounts when it no longer does', async () => {
    world.aws.fault = () => ({ type: 'AccessDeniedException' })
    const account = bareAccount('apn_three', { custom_fields: { api_key: 'planted-three' } })
    const asked = await world.start(world.config({}, { accounts: [account] }))
    const ready = await asked.ask('/readyz')
    expect([ready.status, ready.json()]).toMatchObject([503, { parts: { secretsManager: 'degraded' } }])
    const told = (): readonly string[] =>
      asked.function
        .logs()
        .split('\n')
        .filter((line) => line.includes('"msg":"part"'))
    await expect.poll(told).toHaveLength(1)
    expect(told()[0]).toContain('storage.kind cannot be used: Secrets Manager, GetSecretValue: AccessDeniedException')
    world.aws.fault = () => undefined
    await untilServed(asked, '/x', 'apn_three')
    expect(world.arrived('/x')).toEqual(['planted-three'])
    expect((await asked.ask('/readyz')).status).toBe(200)
  })

  it('does not know the role is 503 in a new instance, beside another with the same records that is served', async () => {
    await makeTeamSecrets(world)
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const config = teamConfig(world, { records: { kind: 'redis', url: redis.url } })
    const own = await world.start(config)
    expect((await own.pipedream('/own', 'apn_one')).status).toBe(200)
    const other = await world.start(config, { environment: { AWS_ACCESS_KEY_ID: 'AKIDOTHER' } })
    expectUnavailable(await other.pipedream('/other', 'apn_one'))
    expect((await own.pipedream('/own', 'apn_one')).status).toBe(200)
    expect([world.arrived('/other'), world.arrived('/own')]).toEqual([[], ['planted-one', 'planted-one']])
    await expect.poll(() => other.function.logs()).toContain('GetSecretValue: UnrecognizedClientException')
  })

  it('throttles while an instance starts keeps it from no call: it waits, and serves', async () => {
    await makeTeamSecrets(world)
    let left = 3
    world.aws.fault = () => (left-- > 0 ? { type: 'ThrottlingException' } : undefined)
    const asked = await world.start(teamConfig(world))
    expect((await asked.pipedream('/x', 'apn_one')).status).toBe(200)
    expect([left < 0, world.arrived('/x')]).toEqual([true, ['planted-one']])
  })

  it('throttles for a moment is asked again within the call', async () => {
    await makeTeamSecrets(world)
    const asked = await startTeam()
    let left = 3
    world.aws.fault = (call) => (left-- > 0 ? ofOne({ type: 'ThrottlingException' })(call) : undefined)
    const before = world.countOf('GetSecretValue', 'team/one')
    expect((await asked.pipedream('/throttled', 'apn_one')).status).toBe(200)
    expect(world.countOf('GetSecretValue', 'team/one') - before).toBe(4)
    expect(world.arrived('/throttled')).toEqual(['planted-one'])
  })

  it.each<[string, Fault]>([
    ['throttles for long', { type: 'ThrottlingException' }],
    ['breaks', { type: 'InternalServiceError', status: 500 }],
    ['cuts connections', 'drop'],
  ])('%s is 503 after the time for all tries, beside others who are served, and recovers', async (_, fault) => {
    await makeTeamSecrets(world)
    const asked = await startTeam({ timeout: '300ms' })
    world.aws.fault = ofOne(fault)
    expectUnavailable(await asked.pipedream('/away', 'apn_one'))
    expect((await asked.pipedream('/served', 'apn_two')).status).toBe(200)
    world.aws.fault = () => undefined
    await untilServed(asked, '/recovered')
    expect([world.arrived('/away'), world.arrived('/served')]).toEqual([[], ['planted-two']])
    expect(world.arrived('/recovered')).toEqual(['planted-one'])
  })

  it('has no such secret makes the account absent, beside one that has it, until somebody makes it', async () => {
    await makeTeamSecrets(world, ['two'])
    const asked = await startTeam()
    expect((await asked.pipedream('/missing', 'apn_one')).status).toBe(404)
    expect((await asked.nango('/missing', 'connection-apn_one')).status).toBe(400)
    expect((await asked.pipedream('/there', 'apn_two')).status).toBe(200)
    expect([world.arrived('/missing'), world.arrived('/there')]).toEqual([[], ['planted-two']])
    await makeTeamSecrets(world, ['one'])
    await untilServed(asked, '/made')
    expect(world.arrived('/made')).toEqual(['planted-one'])
  })

  it('closed its connections while the instance was frozen is asked over new ones', async () => {
    await makeTeamSecrets(world)
    const asked = await world.start(teamConfig(world, { cacheFor: '1s', staleFor: '0s' }))
    expect((await asked.pipedream('/warm', 'apn_one')).status).toBe(200)
    const before = world.countOf('GetSecretValue', 'team/one')
    process.kill(asked.function.pid, 'SIGSTOP')
    world.aws.closeConnections()
    // Longer than the credential is remembered.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const thawed = asked.pipedream('/thawed', 'apn_one')
    process.kill(asked.function.pid, 'SIGCONT')
    expect((await thawed).status).toBe(200)
    expect(world.countOf('GetSecretValue', 'team/one')).toBeGreaterThan(before)
    expect(world.arrived('/thawed')).toEqual(['planted-one'])
  })
})

describe('the init phase', () => {
  const existing = { project: 'proj_lambda', environment: 'development', account: 'apn_one', secret: 'team/one' }

  it.each<[string, object, Record<string, string>, RegExp]>([
    ['no region', {}, { AWS_REGION: '' }, /: storage\.region is needed, because AWS_REGION is not set\.$/],
    ['a region that is none', { region: 'nowhere' }, {}, /storage\.region: must be a region such as eu-west-1$/],
    ['a pattern without the account', { namePattern: 'proxy/{project}' }, {}, /storage\.namePattern: /],
    ['a variable that is not set', { namePattern: '$' + '{PREFIX}/{project}' }, {}, /storage\.namePattern: .*PREFIX/],
    ['an existing secret without places', { existing: [existing] }, {}, /storage\.existing\[0\]: .*"apn_one"/],
    [
      'a pointer that is none',
      { existing: [{ ...existing, credentials: { a: 'b' } }] },
      {},
      /"b" is not a JSON pointer/,
    ],
    ['records without a place', { records: { kind: 'redis' } }, {}, /storage\.records/],
  ])('fails for %s with one line that names it', async (_, storage, environment, pattern) => {
    const failed = await world.start(world.config(storage, { accounts: [] }), { environment })
    const { errorType: type, errorMessage: message } = JSON.parse(await failed.function.initError)
    expect([type, message]).toEqual(['ConfigError', expect.stringMatching(pattern)])
    expect(message).not.toContain('\n')
    expect(world.aws.calls).toEqual([])
  })

  it.each<[string, object, Record<string, string>]>([
    ['the region of the environment', {}, {}],
    ['a region of its own', { region: 'eu-west-1' }, { AWS_REGION: '' }],
    ['a pattern with all parts', { namePattern: 'proxy/{project}/{environment}/{account}' }, {}],
  ])('is done with %s', async (_, storage, environment) => {
    await makeTeamSecrets(world)
    const asked = await world.start(teamConfig(world, storage), { environment })
    expect((await asked.pipedream('/x', 'apn_one')).status).toBe(200)
    expect(world.arrived('/x')).toEqual(['planted-one'])
  })
})
