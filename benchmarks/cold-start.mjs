// How long a fresh process takes to load the Lambda bundle, compose a proxy and answer its first call, beside bare Node.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const barMs = 350
const runs = 15
const bundle = new URL('../apps/lambda/dist/index.mjs', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'cold-start-'))
const seed = Buffer.alloc(32, 1).toString('base64')
const project = { id: 'proj_1', secretKeys: [{ environment: 'development', key: 'k' }] }
writeFileSync(
  join(folder, 'proxy.config.yaml'),
  JSON.stringify({
    tokens: { signingKeys: [seed] },
    projects: [project],
    logs: { level: 'silent' },
    metrics: { enabled: false },
  }),
)
writeFileSync(
  join(folder, 'start.mjs'),
  `const { handler } = await import(${JSON.stringify(bundle)})
const event = {
  version: '2.0', rawPath: '/v1/connect/proj_1/proxy/L3g', rawQueryString: 'external_user_id=u&account_id=apn_1',
  headers: { host: 'h', authorization: 'Bearer k', 'x-pd-environment': 'development' },
  requestContext: { domainName: 'x.lambda-url.eu-west-1.on.aws', http: { method: 'GET', sourceIp: '192.0.2.1' } },
}
const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => 30_000 })
if (statusCode !== 404) throw new Error('The first call was answered ' + statusCode)
console.log(performance.now())
process.exit(0)
`,
)
writeFileSync(join(folder, 'bare.mjs'), 'console.log(performance.now())\n')

/** Milliseconds since the process began, least and median. */
function measure(file) {
  const env = { PATH: process.env.PATH, LAMBDA_TASK_ROOT: folder }
  const all = Array.from({ length: runs }, () =>
    Number(
      execFileSync(process.execPath, [join(folder, file)], { env, encoding: 'utf8' })
        .trim()
        .split('\n')
        .at(-1),
    ),
  ).sort((one, other) => one - other)
  return { least: Math.round(all[0]), median: Math.round(all[runs >> 1]) }
}

const bare = measure('bare.mjs')
const cold = measure('start.mjs')
rmSync(folder, { recursive: true })
console.log(`Node ${process.versions.node}, ${runs} fresh processes each, ms from the start of the process`)
console.log(`bare Node      least ${bare.least}, median ${bare.median}`)
console.log(`first call     least ${cold.least}, median ${cold.median}; the bar is ${barMs}`)
process.exit(cold.least <= barMs ? 0 : 1)
