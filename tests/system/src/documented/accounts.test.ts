import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { json, startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { readPage } from './reader.js'

it('docs/accounts.md: every command works, in the order of the page, beside a running server', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  upstream.answer('/me', json({ me: 1 }))
  const reader = readPage('docs/accounts.md')
  const done = { status: 0 }
  expect(await reader.run('api-proxy init')).toMatchObject(done)
  reader.edit((text) =>
    text
      .replaceAll('https://api.acme.example', `http://127.0.0.1:${upstream.port}`)
      .replace('allowed_domains: [api.acme.example]', `allowed_domains: ["127.0.0.1:${upstream.port}"]`)
      .replace(/^apps:/m, `network: { allowPrivate: ["127.0.0.1:${upstream.port}"] }\napps:`)
      .replace('    auth:\n', '    health: { path: /me }\n    auth:\n')
      .replace(
        'accounts: []',
        'accounts:\n  - { project: proj_main, environment: development, id: apn_acme1, external_user_id: user-1, app: acme, custom_fields: { api_key: key-1 } }',
      ),
  )
  const stop = await reader.serve()

  const listed = await reader.next('api-proxy accounts list\n')
  expect(listed).toMatchObject(done)
  expect(listed.output.match(/apn_acme1/g)).toHaveLength(2)
  const checked = await reader.next('api-proxy accounts check\n')
  expect(checked).toMatchObject(done)
  expect(checked.output).toMatch(/apn_acme1 .* ok +200/)
  expect(checked.output).toContain('"result":"ok"')
  expect(upstream.requests.map((request) => request.values('authorization'))).toEqual([
    ['Bearer key-1'],
    ['Bearer key-1'],
  ])

  expect(await reader.next('api-proxy accounts export --out')).toMatchObject(done)
  const sealed = join(reader.folder, 'accounts.jsonl')
  expect(readFileSync(sealed, 'utf8')).not.toContain('key-1')
  expect(statSync(sealed).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(reader.folder, 'one-user.jsonl'), 'utf8')).toContain('key-1')

  const imported = await reader.next('cat > new-accounts.jsonl')
  expect(imported).toMatchObject(done)
  expect(imported.output).toContain('2 accounts, and nothing is wrong with them. None was stored.')
  expect(imported.output).toContain('2 created')
  expect(imported.output).toContain('2 unchanged')

  const before = await reader.next('api-proxy keys status\n')
  expect(before.output).toMatch(/encryption\.keys\[0\] +seals and opens/)
  const [, yaml = ''] =
    /```yaml\n(encryption:.*?)```/s.exec(
      readFileSync(new URL('../../../../docs/accounts.md', import.meta.url), 'utf8'),
    ) ?? []
  await stop()
  reader.edit((text) => text.replace(/^encryption:\n.*\n/m, yaml))
  const stopAgain = await reader.serve()
  const rotated = await reader.next('api-proxy keys rotate\n')
  expect(rotated).toMatchObject(done)
  expect(rotated.output).toMatch(/encryption\.keys\[1\] +opens +0 +0/)
  await stopAgain()

  const webhook = await reader.next('api-proxy keys webhook')
  expect(webhook).toMatchObject(done)
  expect(webhook.output).toMatch(/proj_main +whsec_/)
  reader.end()
})
