import { readFileSync } from 'node:fs'
import { isIntrinsic, readTemplate } from './read-template.js'

/** What the SAM template gives a function, with the defaults of its parameters. */
export interface Deployed {
  readonly variables: Readonly<Record<string, string>>
  /** Whether the role may do it to the secret of this name. */
  allows(action: string, secret: string): boolean
}

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

interface Template {
  readonly Parameters: Readonly<Record<string, { readonly Default?: unknown }>>
  readonly Resources: {
    readonly Role: { Properties: { Policies: readonly [{ PolicyDocument: { Statement: readonly Statement[] } }] } }
    readonly Function: { Properties: { Environment: { Variables: Readonly<Record<string, unknown>> } } }
  }
}

const secretsArn = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:'
const keyArn = 'arn:aws:kms:eu-west-1:000000000000:key/key-of-the-template'

export function readDeployed(): Deployed {
  const file = new URL('../../../../apps/lambda/template.yaml', import.meta.url)
  const { Parameters, Resources } = readTemplate(readFileSync(file, 'utf8')) as unknown as Template
  const known: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::Region': 'eu-west-1',
    'AWS::AccountId': '000000000000',
    'Key.Arn': keyArn,
    ...Object.fromEntries(Object.entries(Parameters).map(([name, given]) => [name, String(given.Default)])),
  }

  function resolved(value: unknown): string {
    if (!isIntrinsic(value)) return String(value)
    const text = String(value.value)
    if (value.intrinsic !== 'Sub') return known[text] ?? text
    return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => known[name] ?? whole)
  }

  const statements = Resources.Role.Properties.Policies[0].PolicyDocument.Statement
  const { Variables } = Resources.Function.Properties.Environment
  return {
    variables: Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, resolved(value)])),
    allows: (action, secret) =>
      statements.some(
        ({ Action, Resource }) =>
          [Action].flat().includes(`secretsmanager:${action}`) &&
          patternOf(resolved(Resource)).test(`${secretsArn}${secret}-AbCdEf`),
      ),
  }
}

/** IAM's wildcards. */
function patternOf(resource: string): RegExp {
  const source = resource
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}
