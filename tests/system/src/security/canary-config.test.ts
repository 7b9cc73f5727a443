import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { each } from './each.js'
import { leakSearch } from './leak-search.js'

const command = fileURLToPath(new URL('../../../../apps/node-server/dist/cli.js', import.meta.url))
const canary = `c4n4ry+/"\\${randomBytes(15).toString('base64url')}=`
const plain = `c4n4ry${randomBytes(15).toString('hex')}`
const search = leakSearch([canary, plain])
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-proxy-canary-'))
})

afterAll(() => rm(folder, { recursive: true }))

const account = { project: 'p', environment: 'production', id: 'apn_1', external_user_id: 'u', app: 'acme' }
const acme = {
  name_slug: 'acme',
  name: 'Acme',
  auth_type: 'keys',
  custom_fields: [{ name: 'key', type: 'password', format: 'uuid' }],
  connect: { base_proxy_target_url: 'https://api.acme.example' },
  auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
}
const client = { id: 'c', secret: canary }

const clients = [
  { ...client, sekret: canary },
  { ...client, id: canary },
  { ...client, id: 'd', scopes: [canary] },
]
const secretKeys = [{ key: canary, environment: canary }, { key: plain }, { key: plain }]
const accounts = [
  { ...account, custom_fields: { key: canary } },
  { ...account, id: 'apn_2', custom_fields: { other: canary } },
  { ...account, id: 'apn_3', credentials: { token: [canary] } },
  { ...account, id: 'apn_4', app: 'nothing', custom_fields: { key: canary } },
  { ...account, id: canary, custom_fields: {} },
]

/** Configurations in which secrets stand where they should, or where they should not, beside what is wrong. */
const broken: readonly (readonly [string, string | object])[] = [
  ['wrong clients and keys', { projects: [{ id: 'p', clients, secretKeys }] }],
  ['one key twice', { projects: [{ id: 'p', secretKeys: [{ key: canary }, { key: canary }], clients: [client] }] }],
  ['wrong accounts', { projects: [{ id: 'p' }], apps: [acme], accounts }],
  ['whole sections', { encryption: canary, tokens: canary, projects: canary, server: { tls: { cert: canary } } }],
  [
    'wrong values',
    {
      encryption: { keys: [canary] },
      tokens: { signingKeys: [plain] },
      limits: { headTimeout: canary },
      network: { hosts: { x: canary }, dnsServers: [canary] },
      metrics: { token: [canary] },
    },
  ],
  ['wrong apps', { apps: [{ ...acme, auth: [{ kind: 'header', name: 'x', value: canary, nothing: canary }] }] }],
  ['YAML that ends in the middle of it', `projects:\n  - id: p\n    clients:\n      - { id: c, secret: "${plain}`],
  ['YAML with a tab before it', `encryption:\n\tkeys: [${plain}]`],
  ['YAML with it as an alias', `encryption: *${plain}`],
  ['YAML with it as a tag', `encryption: !!${plain} x`],
  ['YAML with it twice as a key', `${plain}: 1\n${plain}: 2`],
  ['YAML with it behind a colon', `tokens: secret: ${plain}`],
  ['YAML with it behind a list', `- a\n${plain}\n- b`],
  ['a variable that holds it', `projects: [{ id: p, clients: [{ id: '\${SECRET}', secret: x }] }]`],
  ['a file that holds it', `projects: [{ id: p, clients: [{ id: '\${file:secret.txt}', secret: x }] }]`],
] // prettier-ignore

function check(file: string): Promise<{ code: number | string | null | undefined; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, SECRET: canary }
    execFile(process.execPath, [command, 'check', '--config', file], { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error?.code, output: stdout + stderr })
    })
  })
}

describe('what is said of a broken configuration', () => {
  it('names the place and shows no value', async () => {
    await writeFile(join(folder, 'secret.txt'), canary)
    await each([...broken.entries()], 4, async ([number, [name, config]]) => {
      const file = join(folder, `${number}.yaml`)
      await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
      const { code, output } = await check(file)
      expect(code, `${name}: ${output}`).toBe(1)
      expect(output, name).toMatch(/^\S+\.yaml:\d+: /)
      expect(search.find(output), `${name}: ${output}`).toEqual([])
    })
  })
})
