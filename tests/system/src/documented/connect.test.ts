import { expect, it } from 'vitest'
import { readPage } from './reader.js'

it('docs/connect.md: every command works, in the order of the page', async () => {
  const key = 'secret-key-of-development-5f0a'
  const reader = readPage('docs/connect.md', { SECRET_KEY: key })
  expect(await reader.run('api-proxy init')).toMatchObject({ status: 0 })
  reader.edit((text) =>
    text.replace(/^(\s+)clients:/m, `$1secretKeys: [{ environment: development, key: ${key} }]\n$1clients:`),
  )
  await reader.serve()

  const link = await reader.next('TOKEN=')
  expect(link.output).toMatch(/^http:\/\/\S+\/_static\/connect\.html\?token=ctok_[0-9a-f]{32}&\S*app=acme\n/)
  const page = await reader.next('curl -sS "$LINK&app=acme"')
  expect(page.status).toBe(0)
  expect(page.output).toContain('API key</label>')
  expect(page.output).toContain('Acme is connected')
  const accounts = await reader.next('curl -sS "http://127.0.0.1:3000/v1/connect/proj_main/accounts')
  expect(JSON.parse(accounts.output).data).toMatchObject([
    { external_id: 'user-1', app: { name_slug: 'acme' }, healthy: true },
  ])
  const session = await reader.next('curl -sS http://127.0.0.1:3000/connect/sessions')
  expect(JSON.parse(session.output).data).toMatchObject({
    token: expect.stringMatching(/^ctok_/),
    connect_link: expect.stringContaining('app=acme'),
  })
  expect((await reader.next('api-proxy keys webhook')).output).toMatch(/proj_main +whsec_/)
  reader.end()
})
