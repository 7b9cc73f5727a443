import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json, startUpstream, status } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { command, temporaryFolder } from '../server/command.js'

interface Imported {
  readonly status: number | string
  readonly error: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into definitions by path
  readonly app: any
  readonly undecided: readonly string[]
}

async function run(args: readonly string[], folder = temporaryFolder()): Promise<Imported> {
  const { output, ended } = command(['apps', 'import', 'openapi', ...args], { folder })
  const status = await ended
  const undecided = [...output.out.matchAll(/^# to decide: (.*)$/gm)].map(([, text = '']) => text)
  return { status, error: output.error, app: parse(output.out)?.apps?.[0], undecided }
}

const info = { title: 'Acme API', version: '1' }

describe('apps import openapi', () => {
  it.each(['json', 'yaml'] as const)('makes a definition of a file in %s, with what is to decide', async (form) => {
    const folder = temporaryFolder()
    const document = {
      openapi: '3.1.0',
      info,
      servers: [{ url: 'https://api.acme.com/v1/' }],
      components: { securitySchemes: { acmeKey: { type: 'apiKey', in: 'header', name: 'X-Key' } } },
    }
    writeFileSync(join(folder, `api.${form}`), form === 'json' ? JSON.stringify(document) : stringify(document))
    const { status: ended, app, undecided } = await run([`api.${form}`, '--slug', 'acme'], folder)
    expect(ended).toBe(0)
    expect(app).toEqual({
      name_slug: 'acme',
      name: 'Acme API',
      auth_type: 'keys',
      custom_fields: [{ name: 'acme_key', label: 'acmeKey', type: 'password' }],
      connect: { base_proxy_target_url: 'https://api.acme.com/v1' },
      auth: [{ kind: 'header', name: 'X-Key', value: '{{custom_fields.acme_key}}' }],
    })
    expect(undecided).toEqual(['health: a cheap GET that only a valid credential gets through'])
  })

  it('tells what the engine would refuse', async () => {
    const folder = temporaryFolder()
    const document = { openapi: '3.1.0', info, servers: [{ url: 'https://10.0.0.1/v1' }] }
    writeFileSync(join(folder, 'api.json'), JSON.stringify(document))
    const { undecided } = await run(['api.json'], folder)
    expect(undecided).toContainEqual(
      expect.stringMatching(/^connect\.base_proxy_target_url has a host that must not be/),
    )
  })

  it('reads a document at a URL, to which its servers may be relative', async () => {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    upstream.answer('/docs/api.json', json({ openapi: '3.1.0', info, servers: [{ url: '/v3' }] }))
    upstream.answer('/gone.json', status(404))
    const origin = `http://127.0.0.1:${upstream.port}`
    const { undecided, status: ended } = await run([`${origin}/docs/api.json`, '--slug', 'acme'])
    expect(ended).toBe(0)
    expect(undecided).toContainEqual(expect.stringContaining(`none of the servers is an https URL: ${origin}/v3`))
    const gone = await run([`${origin}/gone.json`])
    expect([gone.status, gone.error]).toEqual([1, `${origin}/gone.json cannot be read: it answers 404.\n`])
  })

  it.each([
    ['nothing.json', undefined, /^nothing\.json cannot be read \(ENOENT\)\.$/m],
    ['text.json', '{ "a": ', /^text\.json is neither JSON nor YAML/],
    ['other.json', '{ "asyncapi": "2.0" }', /^other\.json is no OpenAPI document/],
    ['list.json', '[1]', /^list\.json is no OpenAPI document/],
    ['old.json', '{ "swaggerVersion": "1.2" }', /^old\.json is no OpenAPI document/],
  ])('ends with 1 for what is no document: %s', async (file, text, expected) => {
    const folder = temporaryFolder()
    if (text !== undefined) writeFileSync(join(folder, file), text)
    const { status: ended, error } = await run([file], folder)
    expect(ended).toBe(1)
    expect(error).toMatch(expected)
  })
})
