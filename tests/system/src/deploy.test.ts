import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { command, temporaryFolder } from './server/command.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Instruction {
  readonly name: string
  readonly rest: string
}

const instructions: readonly Instruction[] = read('Dockerfile')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))

function lastOf(name: string): string {
  return instructions.findLast((instruction) => instruction.name === name)?.rest ?? ''
}

/** Runs `check` on a configuration with the variables; resolves to what it prints. */
async function checked(text: string, environment: Record<string, string>): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'proxy.config.yaml'), text)
  const { ended, output } = command(['check', '--config', 'proxy.config.yaml'], { folder, environment })
  const status = await ended
  return `${status}: ${output.out}${output.error}`
}

function variables(names: readonly string[]): Record<string, string> {
  const known: Record<string, string> = {
    PUBLIC_URL: 'https://proxy.example.com',
    REDIS_URL: 'redis://127.0.0.1:6379',
    CLIENT_SECRET: 'secret-of-the-client-1f8a',
    WORKERS: '1',
  }
  return Object.fromEntries(names.map((name) => [name, known[name] ?? randomBytes(32).toString('base64')]))
}

it('the image is built on Node 24 in two stages, runs as nobody special, and serves what its entry names', () => {
  expect(instructions.map(({ name }) => name)).toEqual([
    ...['FROM', 'WORKDIR', 'COPY', 'RUN', 'RUN'],
    ...['FROM', 'ENV', 'WORKDIR', 'COPY', 'USER', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'],
  ])
  for (const { name, rest } of instructions) if (name === 'FROM') expect(rest).toMatch(/^node:24-/)
  expect(instructions[0]?.rest).toMatch(/ AS build$/)
  expect(lastOf('COPY')).toMatch(/^--from=build \/app \.$/)
  expect(lastOf('USER')).toBe('node')
  expect(JSON.parse(lastOf('CMD'))[0]).toBe('serve')
  const ignored = read('.dockerignore').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '.git', '.env', 'secrets']))
})

it('what the image holds is the server with what it needs, by the lockfile, and it runs', { timeout: 120_000 }, () => {
  const folder = join(temporaryFolder(), 'app')
  const deploy = instructions.find(({ name, rest }) => name === 'RUN' && rest.includes(' deploy '))?.rest ?? ''
  expect(deploy).toMatch(/^\.tools\/node_modules\/\.bin\/pnpm .* \/app$/)
  const own = join(root, '.tools/node_modules/.bin/pnpm')
  const line = deploy.replace(/^\S+/, existsSync(own) ? own : 'pnpm').replace(/\/app$/, folder)
  const deployed = spawnSync('sh', ['-c', `${line} --prefer-offline`], { cwd: root, encoding: 'utf8' })
  expect(deployed.status, deployed.stdout + deployed.stderr).toBe(0)
  const packages = readdirSync(join(folder, 'node_modules/.pnpm'))
  expect(packages.some((name) => name.startsWith('ioredis@'))).toBe(true)
  expect(packages.filter((name) => /^(?:vitest|typescript|turbo|esbuild|@biomejs)/.test(name))).toEqual([])
  const [file = '', ...entry] = JSON.parse(lastOf('ENTRYPOINT')) as string[]
  expect(file).toBe('node')
  const ran = spawnSync(process.execPath, [...entry, '--version'], { cwd: folder, encoding: 'utf8' })
  expect(ran.stdout.trim()).toBe(JSON.parse(read('apps/node-server/package.json')).version)
})

it('the compose file runs the server with a Redis that evicts nothing, with a configuration that is fine', async () => {
  const { services, volumes } = parse(read('docker-compose.yml'))
  expect(Object.keys(services)).toEqual(['proxy', 'redis'])
  const { proxy, redis } = services
  expect(statSync(join(root, proxy.build, 'Dockerfile')).isFile()).toBe(true)
  const [mounted = '', target = ''] = proxy.volumes[0].split(':')
  expect(JSON.parse(lastOf('CMD'))).toContain(target)
  expect(await checked(read(mounted), variables(Object.keys(proxy.environment)))).toMatch(/^0: .*is fine/s)
  expect(redis.command.join(' ')).toMatch(/--appendonly yes --maxmemory-policy noeviction$/)
  expect(Object.keys(volumes)).toContain(redis.volumes[0].split(':')[0])
  expect(proxy.depends_on.redis.condition).toBe('service_healthy')
  expect(seconds(proxy.stop_grace_period)).toBeGreaterThanOrEqual(25 + 5)
})

it('the compose file asks for the secrets that the documented commands make', () => {
  const block = /^```sh\n(umask 077\n.*?)^```$/ms.exec(read('docs/operations.md'))?.[1] ?? ''
  const folder = temporaryFolder()
  expect(spawnSync('sh', ['-e', '-c', block], { cwd: folder }).status).toBe(0)
  const made = new Map(
    readFileSync(join(folder, '.env'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  )
  const asked = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name)
  expect([...made.keys()].sort()).toEqual([...new Set(asked)].sort())
  for (const value of made.values()) expect(value.length).toBeGreaterThanOrEqual(44)
  expect(statSync(join(folder, '.env')).mode & 0o077).toBe(0)
})

interface Manifest {
  readonly kind: string
  // biome-ignore lint/suspicious/noExplicitAny: manifests of many kinds.
  readonly [name: string]: any
}

function manifests(): ReadonlyMap<string, Manifest> {
  const folder = join(root, 'deploy/kubernetes')
  const found = new Map<string, Manifest>()
  for (const file of readdirSync(folder)) {
    for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
      expect(document.errors).toEqual([])
      const manifest = document.toJS() as Manifest
      expect(manifest).toMatchObject({
        apiVersion: expect.stringMatching(/^(?:[a-z.]+\/)?v1$/),
        metadata: { name: 'api-proxy', labels: { 'app.kubernetes.io/name': 'api-proxy' } },
      })
      found.set(manifest.kind, manifest)
    }
  }
  return found
}

it('the manifests fit each other, and the probes, the drain and the limits of the server', async () => {
  const found = manifests()
  expect([...found.keys()].sort()).toEqual(['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Secret', 'Service'])
  const { replicas, selector, template } = found.get('Deployment')?.spec ?? {}
  const [container] = template.spec.containers
  const text = found.get('ConfigMap')?.data['proxy.config.yaml']
  const configuration = parse(text)
  const secrets = found.get('Secret')?.stringData

  expect(await checked(text, variables(Object.keys(secrets)))).toMatch(/^0: .*is fine/s)
  expect(await checked(text, {})).toMatch(/^1: .*variable PUBLIC_URL is not set.*REDIS_URL/s)

  expect(selector.matchLabels).toEqual(template.metadata.labels)
  expect(found.get('Service')?.spec.selector).toEqual(template.metadata.labels)
  expect(found.get('PodDisruptionBudget')?.spec.selector.matchLabels).toEqual(template.metadata.labels)
  expect(container.ports).toContainEqual({ name: 'http', containerPort: Number(lastOf('EXPOSE')) })
  expect(found.get('Service')?.spec.ports[0].targetPort).toBe('http')
  expect(container.envFrom).toEqual([{ secretRef: { name: 'api-proxy' } }])
  expect(template.spec.volumes[0].configMap.name).toBe('api-proxy')
  expect(container.args).toEqual(JSON.parse(lastOf('CMD')))
  expect(container.args[2]).toBe(`${container.volumeMounts[0].mountPath}/proxy.config.yaml`)

  const { startupProbe, livenessProbe, readinessProbe } = container
  expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
    '/livez',
    '/livez',
    '/readyz',
  ])
  const { drainDelay, drainTimeout } = configuration.server
  expect(seconds(drainDelay)).toBeGreaterThan(readinessProbe.periodSeconds * readinessProbe.failureThreshold)
  expect(template.spec.terminationGracePeriodSeconds).toBe(seconds(drainDelay) + seconds(drainTimeout) + 5)
  expect(configuration.rateLimiter.instances).toBe(replicas)
})

function seconds(duration: string): number {
  expect(duration).toMatch(/^\d+s$/)
  return Number.parseInt(duration, 10)
}
