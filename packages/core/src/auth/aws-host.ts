import type { AwsScope } from './aws-signature.js'

const suffixes: readonly (readonly [suffix: string, region: string])[] = [
  ['.amazonaws.com', 'us-east-1'],
  ['.amazonaws.com.cn', 'cn-north-1'],
  ['.api.aws', 'us-east-1'],
  ['.on.aws', 'us-east-1'],
]

const regionLike = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/

/** Services whose name in signatures is not the one in their host. */
const signingNames: ReadonlyMap<string, string> = new Map([
  ['email', 'ses'],
  ['queue', 'sqs'],
  ['lambda-url', 'lambda'],
  ['s3-accesspoint', 's3'],
  ['s3-control', 's3'],
  ['s3-external-1', 's3'],
  ['s3-accelerate', 's3'],
  ['bedrock-runtime', 'bedrock'],
  ['bedrock-agent', 'bedrock'],
  ['bedrock-agent-runtime', 'bedrock'],
  ['marketplace', 'aws-marketplace'],
  ['pinpoint', 'mobiletargeting'],
  ['git-codecommit', 'codecommit'],
  ['transcribestreaming', 'transcribe'],
  ['appconfigdata', 'appconfig'],
  ['personalize-runtime', 'personalize'],
  ['personalize-events', 'personalize'],
])

/** Region and service of an AWS host such as `id.execute-api.eu-west-1.amazonaws.com`; undefined for all others. */
export function awsScopeOf(hostname: string): AwsScope | undefined {
  const found = suffixes.find(([suffix]) => hostname.endsWith(suffix))
  if (found === undefined) return undefined
  const [suffix, usualRegion] = found
  const parts = hostname
    .slice(0, -suffix.length)
    .split('.')
    .filter((part) => part !== 'dualstack' && part !== 'fips')
  const last = parts.pop() ?? ''
  const before = parts.at(-1)
  const s3Region = /^s3-([a-z-]+-\d{1,2})$/.exec(last)?.[1]
  if (s3Region !== undefined && regionLike.test(s3Region)) return { service: 's3', region: s3Region }
  // `search-x.us-east-1.es` has them the other way round.
  if (before !== undefined && regionLike.test(before)) return { service: signingName(last, parts), region: before }
  if (!regionLike.test(last)) return { service: signingName(last, parts), region: usualRegion }
  return before === undefined ? undefined : { service: signingName(before, parts.slice(0, -1)), region: last }
}

function signingName(label: string, before: readonly string[]): string {
  const name = label.replace(/^fips-|-fips$/, '')
  // `prefix.iot` takes data, `iot` alone is the control plane.
  if (name === 'iot' && before.length > 0) return 'iotdata'
  return signingNames.get(name) ?? name
}
