import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, defaultConfigFile } from '@proxy/composition'

const secretsFolder = 'secrets'

/**
 * Writes a configuration to begin with and the secrets that it refers to into a folder. Never overwrites anything: throws
 * a `ConfigError` when a configuration is there, and keeps secrets that are.
 */
export function init(folder: string): string {
  const file = join(folder, defaultConfigFile)
  if (existsSync(file)) throw new ConfigError(`${file} is there already. Move it away to begin anew.`)
  const secrets = {
    'encryption.key': randomBytes(32).toString('base64'),
    'signing.key': randomBytes(32).toString('base64'),
    'client.secret': randomBytes(24).toString('base64url'),
  }
  mkdirSync(join(folder, secretsFolder), { recursive: true, mode: 0o700 })
  for (const [name, secret] of Object.entries(secrets)) {
    const path = join(folder, secretsFolder, name)
    if (!existsSync(path)) writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  }
  const schemaFile = fileURLToPath(new URL('./schema.json', import.meta.url))
  writeFileSync(file, firstConfig(relative(folder, schemaFile)), { flag: 'wx' })
  return [
    `Wrote ${file}, and three secrets into ${join(folder, secretsFolder)}. Keep those out of version control.`,
    'Next: add your app and account to it, then "api-proxy check" and "api-proxy serve".',
  ].join('\n')
}

function firstConfig(schemaPath: string): string {
  return `# yaml-language-server: $schema=${schemaPath}
server:
  host: 127.0.0.1
  port: 3000
storage:
  kind: memory
  file: ./data/proxy.db
encryption:
  keys: ["\${file:${secretsFolder}/encryption.key}"]
tokens:
  signingKeys: ["\${file:${secretsFolder}/signing.key}"]
projects:
  - id: proj_main
    clients:
      - id: main
        secret: "\${file:${secretsFolder}/client.secret}"
        scopes: ["*"]
# Your own API: which hosts may get its credential, and how it is placed.
apps:
  - name_slug: acme
    name: Acme
    auth_type: keys
    custom_fields:
      - { name: api_key, label: API key, type: password }
    connect:
      base_proxy_target_url: https://api.acme.example
      allowed_domains: [api.acme.example]
    auth:
      - { kind: bearer, token: "{{custom_fields.api_key}}" }
# Stored once, at the first start with them. Later accounts come through the API.
accounts: []
`
}
