import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, temporaryFolder } from '../server/command.js'

export const project = 'proj_1'
export const client = { id: 'main', secret: 'secret-of-the-client-1f8a' }

export interface CommandWorld {
  readonly folder: string
  /** Writes the configuration anew, with these sections over the usual ones. */
  configure(sections?: Readonly<Record<string, unknown>>): void
  /** Runs a command to its end. */
  run(
    ...args: readonly string[]
  ): Promise<{ readonly status: number | string; readonly out: string; readonly error: string }>
  /** Writes a file of JSON lines. */
  write(name: string, lines: readonly (object | string)[]): void
}

export function key(): string {
  return randomBytes(32).toString('base64')
}

/** A folder with a configuration: one project, an app with a key and one with OAuth, and a storage file. */
export function commandWorld(upstreamPort = 9, sections: Readonly<Record<string, unknown>> = {}): CommandWorld {
  const folder = temporaryFolder()
  const usual = { ...usualConfig(upstreamPort), ...sections }
  const world: CommandWorld = {
    folder,
    configure: (further = {}) =>
      writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify({ ...usual, ...further })),
    async run(...args) {
      const { output, ended } = command(args, { folder })
      return { status: await ended, ...output }
    },
    write(name, lines) {
      const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
      writeFileSync(join(folder, name), `${texts.join('\n')}\n`)
    },
  }
  world.configure()
  return world
}

function usualConfig(upstreamPort: number): Record<string, unknown> {
  const host = `127.0.0.1:${upstreamPort}`
  const connect = { base_proxy_target_url: `http://${host}`, allowed_domains: [host] }
  return {
    server: { port: 0, publicUrl: 'http://proxy.test' },
    storage: { kind: 'memory', file: './data/proxy.db' },
    encryption: { keys: [key()] },
    tokens: { signingKeys: [key()] },
    network: { allowPrivate: [host] },
    projects: [{ id: project, clients: [client] }],
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [
          { name: 'api_key', type: 'password' },
          { name: 'seats', format: 'integer', optional: true },
        ],
        connect,
        auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
        health: { path: '/me' },
      },
      {
        name_slug: 'shop',
        name: 'Shop',
        auth_type: 'oauth',
        connect,
        auth: [{ kind: 'bearer' }],
        oauth: { token_url: `http://${host}/token`, client_id: 'c', client_secret: 's' },
      },
    ],
  }
}
