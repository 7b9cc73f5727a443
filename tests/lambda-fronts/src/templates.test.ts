import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readDeployed } from './templates/deployed.js'
import { type Block, readHcl } from './templates/read-hcl.js'
import { isIntrinsic, readTemplate, valuesOf } from './templates/read-template.js'

const home = new URL('../../../apps/lambda/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, home), 'utf8')

type Data = Record<string, Record<string, unknown>>

/** What the function reads of its environment. */
const knownVariables = [...read('src/config.ts').matchAll(/PROXY_[A-Z_]+/g)].map(([name]) => name)
/** The configuration of the documentation refers to it. */
const referredVariables = ['PROXY_PUBLIC_URL', 'PROXY_CREDENTIALS_PREFIX', 'PROXY_KMS_KEY']

/** What the storage in Secrets Manager may ask for: its commands, and the tags that a new secret may have. */
const storageActions = [
  ...read('../../packages/storage-aws-secrets-manager/src/service.ts').matchAll(/new (\w+)Command\(/g),
]
  .map(([, name]) => `secretsmanager:${name}`)
  .concat('secretsmanager:TagResource')
  .sort()
/** It knows no resources. */
const listAction = 'secretsmanager:BatchGetSecretValue'

/** Actions of services that a policy allows too widely. */
function wide(actions: readonly string[]): readonly string[] {
  return actions.filter((action) => action === '*' || /^(?:lambda|secretsmanager|ssm|iam|sts|logs):.*\*/.test(action))
}

/** The actions of a statement in Terraform. */
function actionsOf({ actions = '' }: Readonly<Record<string, string>>): readonly string[] {
  return [...actions.matchAll(/"([^"]+)"/g)].map(([, action]) => action ?? '')
}

describe('the SAM template', () => {
  const template = readTemplate(read('template.yaml')) as unknown as Record<string, Data>
  const { Parameters: parameters = {}, Resources: resources = {}, Conditions: conditions = {} } = template
  const named = new Set([...Object.keys(parameters), ...Object.keys(resources), 'FunctionUrl'])
  const isKnown = (name: string): boolean => name.startsWith('AWS::') || named.has(name)

  it('has the format that the service reads', () => {
    expect(template).toMatchObject({
      AWSTemplateFormatVersion: '2010-09-09',
      Transform: 'AWS::Serverless-2016-10-31',
    })
    for (const [name, resource] of Object.entries(resources)) {
      expect([name, resource.Type]).toEqual([name, expect.stringMatching(/^AWS::\w+::\w+$/)])
    }
  })

  it('refers to nothing that it does not have', () => {
    const unknown: string[] = []
    for (const [, value] of valuesOf(template)) {
      if (!isIntrinsic(value)) continue
      const { intrinsic, value: of } = value
      if (intrinsic === 'Ref' && !isKnown(String(of))) unknown.push(String(of))
      if (intrinsic === 'GetAtt' && !isKnown(String(of).split('.')[0] ?? '')) unknown.push(String(of))
      if (intrinsic === 'Sub') {
        for (const [, name = ''] of String(of).matchAll(/\$\{([^}]+)\}/g)) {
          if (!isKnown(name.split('.')[0] ?? '')) unknown.push(name)
        }
      }
      if (intrinsic === 'If' && !(String((of as unknown[])[0]) in conditions)) unknown.push(String(of))
    }
    expect(unknown).toEqual([])
    expect([...valuesOf(template)].filter(([, value]) => isIntrinsic(value)).length).toBeGreaterThan(20)
  })

  it('runs the streaming handler of the bundle with variables that the function knows', () => {
    const properties = resources.Function?.Properties as Record<string, unknown>
    expect(properties).toMatchObject({
      CodeUri: 'dist/',
      Handler: 'index.streamingHandler',
      FunctionUrlConfig: { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' },
    })
    expect(existsSync(new URL('dist/index.mjs', home))).toBe(true)
    expect(read('dist/index.mjs')).toMatch(/as streamingHandler\b/)
    const { Variables: variables } = properties.Environment as { Variables: object }
    expect(Object.keys(variables).filter((name) => ![...knownVariables, ...referredVariables].includes(name))).toEqual(
      [],
    )
  })

  it('allows the function no more than it needs', () => {
    const role = resources.Role?.Properties as { Policies: { PolicyDocument: { Statement: object[] } }[] } | undefined
    const statements = role?.Policies[0]?.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[]
    expect(statements.length).toBeGreaterThan(3)
    for (const { Action: action, Resource: resource } of statements) {
      expect(wide([action].flat())).toEqual([])
      if (action !== listAction) expect(resource).not.toBe('*')
    }
  })

  it('allows the function all that credentials in Secrets Manager need', () => {
    const { allows } = readDeployed()
    const actions = storageActions.map((action) => action.replace('secretsmanager:', ''))
    expect(actions.length).toBeGreaterThan(6)
    expect(actions.filter((action) => !allows(action, 'api-proxy/accounts/proj_1/production/apn_1'))).toEqual([])
    for (const foreign of ['api-proxy/variables', 'api-proxy/proj_1/production/apn_1', 'team/vendor']) {
      const may = actions.filter((action) => allows(action, foreign))
      const own = foreign === 'api-proxy/variables' ? ['GetSecretValue'] : []
      expect([foreign, may]).toEqual([foreign, ['BatchGetSecretValue', ...own]])
    }
    expect(allows('RestoreSecret', 'api-proxy/accounts/proj_1/production/apn_1')).toBe(false)
  })

  it('has a log group that ends, a key that rotates, and alarms', () => {
    expect(resources.LogGroup?.Properties).toMatchObject({ RetentionInDays: { intrinsic: 'Ref' }, KmsKeyId: {} })
    expect(resources.Key?.Properties).toMatchObject({ EnableKeyRotation: true })
    const metrics = Object.values(resources)
      .filter(({ Type: type }) => type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties: properties }) => (properties as { MetricName: string }).MetricName)
    expect(metrics).toEqual(['Errors', 'Throttles', 'Faults', 'FailedRefreshes'])
  })

  it('would not be taken with a fault in it', () => {
    expect(() => readTemplate('a: [')).toThrow()
    expect(() => readTemplate('a: !Unknown b')).toThrow()
    expect(() => readTemplate('a: 1\na: 2')).toThrow()
  })
})

describe('the Terraform example', () => {
  const source = read('terraform/main.tf')
  const blocks = readHcl(source)
  const all = (inside: readonly Block[]): Block[] => inside.flatMap((block) => [block, ...all(block.blocks)])
  const labelled = (type: string): Block[] => blocks.filter((block) => block.type === type)

  it('refers to nothing that it does not have', () => {
    const values = all(blocks).flatMap(({ attributes }) => Object.values(attributes))
    const has = (type: string, ...labels: string[]): boolean =>
      labelled(type).some((block) => block.labels.join() === labels.join())
    const locals = labelled('locals').flatMap(({ attributes }) => Object.keys(attributes))
    const unknown: string[] = []
    for (const value of values) {
      for (const [text, name = ''] of value.matchAll(/\bvar\.(\w+)/g)) if (!has('variable', name)) unknown.push(text)
      for (const [text, name = ''] of value.matchAll(/\blocal\.(\w+)/g)) if (!locals.includes(name)) unknown.push(text)
      for (const [text, type = '', name = ''] of value.matchAll(/\bdata\.(\w+)\.(\w+)/g)) {
        if (!has('data', type, name)) unknown.push(text)
      }
      for (const [text, type = '', name = ''] of value.matchAll(/(?<!data\.)\b(aws_\w+)\.(\w+)/g)) {
        if (!has('resource', type, name)) unknown.push(text)
      }
    }
    expect(unknown).toEqual([])
    expect(values.length).toBeGreaterThan(60)
  })

  it('runs the same function as the template', () => {
    const resource = (type: string): Block | undefined => labelled('resource').find(({ labels }) => labels[0] === type)
    expect(resource('aws_lambda_function')?.attributes).toMatchObject({
      handler: '"index.streamingHandler"',
      runtime: '"nodejs24.x"',
    })
    expect(resource('aws_lambda_function_url')?.attributes).toMatchObject({
      authorization_type: '"NONE"',
      invoke_mode: '"RESPONSE_STREAM"',
    })
    const environment = resource('aws_lambda_function')?.blocks.find(({ type }) => type === 'environment')
    const names = [...(environment?.attributes.variables ?? '').matchAll(/(PROXY_\w+)\s*=/g)].map(
      ([, name]) => name ?? '',
    )
    expect(names).toHaveLength(5)
    expect(names.filter((name) => ![...knownVariables, ...referredVariables].includes(name))).toEqual([])
  })

  it('allows the function no more than it needs', () => {
    const policy = labelled('data').find(({ labels }) => labels[1] === 'least')
    expect(policy?.blocks.length).toBeGreaterThan(3)
    for (const { attributes } of policy?.blocks ?? []) {
      const actions = actionsOf(attributes)
      expect(wide(actions)).toEqual([])
      if (actions.join() !== listAction) expect(attributes.resources).not.toBe('["*"]')
    }
  })

  it('allows the function all that credentials in Secrets Manager need', () => {
    const policy = labelled('data').find(({ labels }) => labels[1] === 'least')
    const granted = (sid: string): readonly string[] =>
      actionsOf(policy?.blocks.find(({ attributes }) => attributes.sid === `"${sid}"`)?.attributes ?? {})
    expect([...granted('Credentials'), ...granted('Lists')].sort()).toEqual(storageActions)
  })

  it.each([
    ['a brace that is not closed', 'resource "a" "b" {\n'],
    ['a brace too many', 'resource "a" "b" {\n}\n}\n'],
    ['brackets that cross', 'a "b" {\n c = [(])\n}\n'],
    ['a text that is not closed', 'a "b" {\n c = "d\n}\n'],
    ['a value that is missing', 'a "b" {\n c =\n}\n'],
    ['an attribute that is set twice', 'a "b" {\n c = 1\n c = 2\n}\n'],
  ])('would not be taken with %s', (_name, text) => {
    expect(() => readHcl(text)).toThrow(/line \d+/)
  })
})
