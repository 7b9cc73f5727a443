import { readFileSync } from 'node:fs'
import { toProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { createBench, incoming, secret } from '../testing/bench.js'

const corpora = new URL('../../../tests/corpora/', import.meta.url)

function read(path: string): string {
  return readFileSync(new URL(path, corpora), 'utf8')
}

describe('naughty strings', () => {
  const strings = JSON.parse(read('strings/blns.json')) as string[]
  const bench = createBench()
  const fields = { subdomain: 'one', api_key: 'k' }
  const expectNoFault = (text: string, status: number) => expect([text, status < 500]).toEqual([text, true])

  it('as ids in paths, queries and bodies are found, not found or refused', async () => {
    for (const text of strings) {
      const encoded = encodeURIComponent(text)
      const path = `/v1/connect/proj_demo/accounts?external_user_id=${encoded}`
      const made = await bench.call('POST', path, { json: { app_slug: 'acme', cfmap_json: JSON.stringify(fields) } })
      expectNoFault(text, made.status)
      if (made.status === 200) {
        expect(made.json.external_id).toBe(text)
        const own = await bench.call('GET', `/v1/connect/proj_demo/users/${encoded}/accounts`)
        if (encoded !== '') expect(own.json.map((account: { id: string }) => account.id)).toEqual([made.json.id])
      }
      const calls = [
        bench.call('GET', `/v1/connect/apps/${encoded}`),
        bench.call('GET', `/v1/connect/apps?q=${encoded}&after=${encoded}`),
        bench.call('GET', `/v1/connect/${encoded}/accounts/${encoded}`),
        bench.call('POST', '/v1/connect/tokens', { json: { external_user_id: text, scope: text } }),
        bench.call('POST', '/v1/connect/accounts?external_user_id=u', {
          json: { app_slug: 'acme', name: text, cfmap_json: text },
        }),
        bench.call('POST', '/v1/oauth/token', {
          bearer: null,
          json: { grant_type: 'client_credentials', client_id: text, client_secret: secret },
          remoteAddress: text,
        }),
      ]
      for (const answer of await Promise.all(calls)) expectNoFault(text, answer.status)
      if (made.status === 200) await bench.call('DELETE', `/v1/connect/proj_demo/users/${encoded}`)
    }
    expect((await bench.call('GET', '/v1/connect/proj_demo/users')).json.page_info.total_count).toBe(0)
  })

  it('as a target come out as they went in, or are refused', () => {
    for (const text of [...strings, ...read('upstream-lists/patt-crlfinjection.txt').split('\n')]) {
      const target = `/v1/connect/proj_demo/proxy/${Buffer.from(text).toString('base64url')}?external_user_id=u`
      try {
        const call = bench.dialect.read(incoming('GET', target))
        expect(call.kind === 'proxy' ? call.target : undefined).toBe(text)
      } catch (error) {
        expect(['invalid_url']).toContain(toProxyError(error).code)
      }
    }
  })
})

describe('JWS test vectors of Wycheproof', () => {
  it('none of them is a token of ours', async () => {
    const { testGroups } = JSON.parse(read('wycheproof/json_web_signature_test.json')) as {
      testGroups: { tests: { jws: unknown }[] }[]
    }
    const { authenticator, token } = createBench()
    let count = 0
    for (const { jws } of testGroups.flatMap(({ tests }) => tests)) {
      const text = typeof jws === 'string' ? jws : JSON.stringify(jws)
      // An empty one is no bearer value at all.
      const code = text === '' ? 'missing_token' : 'invalid_token'
      await expect((async () => authenticator.authenticate(text, '::1'))()).rejects.toMatchObject({ code })
      count += 1
    }
    expect(count).toBeGreaterThan(300)
    expect((await authenticator.authenticate(await token(), '::1')).client).toBe('demo')
  })
})
