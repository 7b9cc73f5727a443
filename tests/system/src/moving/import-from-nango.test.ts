import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../server/command.js'
import {
  appsOfEveryType,
  configOf,
  credentialsOf,
  keys,
  nangoWorld,
  type Reply,
  type Served,
  serve,
} from './nango-town.js'

let upstream: Upstream

beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.stop())

/** `accounts import --from nango` from `source` into the folder of a configuration. */
async function move(folder: string, source: { readonly url: string }, ...more: readonly string[]) {
  const args = ['accounts', 'import', '--from', 'nango', '--host', source.url, '--environment', 'development', ...more]
  const { output, ended } = command(args, { folder, environment: { NANGO_SECRET_KEY: keys.source } })
  const status = await ended
  return { status, out: output.out.trim(), error: output.error.trim().split('\n') }
}

/** But for what each server has of its own: ids, times, and a token that it signs itself. */
function lasting({ body }: Reply, key: string): object {
  const { id: _, updated_at: __, last_fetched_at: ___, ...rest } = body
  return key === 'signed' ? { ...rest, credentials: { private_key: body.credentials.private_key } } : rest
}

async function connectAll(source: Served): Promise<void> {
  for (const [key, credentials] of Object.entries(credentialsOf)) {
    const body = {
      provider_config_key: key,
      connection_id: `${key}/of 1`,
      credentials,
      connection_config: configOf[key] ?? {},
      metadata: { plan: 'gold', big: { nested: [1, 2] } },
      tags: { team: 'blue' },
      end_user: { id: `user-of-${key}`, email: 'a@example.com', display_name: 'Ann', organization: { id: 'org' } },
    }
    expect([key, (await source.call('POST', '/connections', body)).status]).toEqual([key, 201])
  }
}

describe('from a server that speaks the same wire form', () => {
  it('every type of credential is taken over with all that belongs to it, and works', async () => {
    upstream.answer('/machine-token', (response) => void response.end('{"access_token":"machine-at"}'))
    upstream.answer('/login', (response) => void response.end('{"token":"session-t"}'))
    const source = await serve(nangoWorld(upstream.port, keys.source), keys.source)
    await connectAll(source)
    const world = nangoWorld(upstream.port, keys.target)
    const dry = await move(world.folder, source, '--dry-run')
    const count = Object.keys(credentialsOf).length
    expect([dry.status, dry.out]).toEqual([
      0,
      `${count} created, 0 replaced, 0 unchanged, 0 here already, 0 not taken over. This was a dry run: nothing was stored.`,
    ])
    expect((await world.run('accounts', 'list')).out.trim().split('\n')).toHaveLength(1)

    const moved = await move(world.folder, source)
    expect([moved.status, moved.out]).toEqual([
      0,
      `${count} created, 0 replaced, 0 unchanged, 0 here already, 0 not taken over`,
    ])
    expect(moved.error).toContain(`${count} connections`)
    const again = await move(world.folder, source)
    expect(again.out).toBe(`0 created, 0 replaced, 0 unchanged, ${count} here already, 0 not taken over`)
    const replaced = await move(world.folder, source, '--replace')
    expect(replaced.out).toBe(`0 created, 0 replaced, ${count} unchanged, 0 here already, 0 not taken over`)
    for (const { out, error } of [dry, moved, again, replaced]) {
      expect([out, ...error].join('\n')).not.toMatch(/canary|secret-key|BEGIN/)
    }

    const target = await serve(world, keys.target)
    for (const key of Object.keys(credentialsOf)) {
      const path = `/connections/${encodeURIComponent(`${key}/of 1`)}?provider_config_key=${key}&refresh_token=true`
      const [there, here] = [await source.call('GET', path), await target.call('GET', path)]
      expect(lasting(here, key)).toEqual(lasting(there, key))
      const headers = { 'provider-config-key': key, 'connection-id': `${key}/of 1` }
      const sent = []
      for (const [server, secret] of [
        [source, keys.source],
        [target, keys.target],
      ] as const) {
        upstream.forget()
        const called = await server.call('GET', '/proxy/things', undefined, {
          ...headers,
          authorization: `Bearer ${secret}`,
        })
        expect([key, called.status]).toEqual([key, 200])
        const request = upstream.requests.find(({ url }) => url === '/things')
        sent.push(['x-api-key', 'authorization'].flatMap((name) => request?.values(name) ?? []))
      }
      // Signatures hold times and nonces of their own.
      if (!['old', 'suite', 'signed', 'cloud'].includes(key)) expect(sent[1]).toEqual(sent[0])
      expect(sent[1]?.length).toBe(key === 'open' ? 0 : 1)
    }
  })

  it('goes on where it was broken off, beside a running server, page by page', async () => {
    const source = await serve(nangoWorld(upstream.port, keys.source), keys.source)
    const ids = Array.from({ length: 30 }, (_, index) => `c${index}`)
    for (const connection_id of ids) {
      await source.call('POST', '/connections', {
        provider_config_key: 'keyed',
        connection_id,
        credentials: credentialsOf.keyed,
      })
    }
    const world = nangoWorld(upstream.port, keys.target)
    const target = await serve(world, keys.target)
    await target.call('POST', '/connections', {
      provider_config_key: 'keyed',
      connection_id: 'c3',
      credentials: { type: 'API_KEY', apiKey: 'newer here' },
    })
    expect((await move(world.folder, source)).out).toBe(
      '29 created, 0 replaced, 0 unchanged, 1 here already, 0 not taken over',
    )
    const kept = await target.call('GET', '/connections/c3?provider_config_key=keyed')
    expect(kept.body.credentials.apiKey).toBe('newer here')
    const listed = await target.call('GET', '/connections')
    expect(listed.body.connections.map((row: { connection_id: string }) => row.connection_id).sort()).toEqual(
      [...ids].sort(),
    )
    expect((await move(world.folder, source, '--replace')).out).toBe(
      '0 created, 1 replaced, 29 unchanged, 0 here already, 0 not taken over',
    )
    expect((await target.call('GET', '/connections/c3?provider_config_key=keyed')).body.credentials.apiKey).toBe(
      'canary-key',
    )
  })

  it('keeps the names that callers know: integrations of other names, and apps that are called otherwise here', async () => {
    const source = await serve(nangoWorld(upstream.port, keys.source), keys.source)
    await source.call('POST', '/integrations', { provider: 'keyed', unique_key: 'keyed-eu' })
    await source.call('POST', '/connections', {
      provider_config_key: 'keyed-eu',
      connection_id: 'c1',
      credentials: credentialsOf.keyed,
    })
    await source.call('POST', '/connections', {
      provider_config_key: 'basic',
      connection_id: 'c1',
      credentials: credentialsOf.basic,
    })
    const apps = appsOfEveryType(upstream.port).flatMap((app) => {
      return app.name_slug === 'basic' ? [{ ...app, name_slug: 'login' }] : app.name_slug === 'keyed' ? [app] : []
    })
    const world = nangoWorld(upstream.port, keys.target, apps)
    const first = await move(world.folder, source)
    expect(first.status).toBe(1)
    expect(first.error).toContain(
      'basic/c1: provider: no app is called basic here; define it, or name one with --apps basic=SLUG',
    )
    expect(first.error.at(-1)).toBe('1 created, 0 replaced, 0 unchanged, 0 here already, 1 not taken over')
    const second = await move(world.folder, source, '--apps', 'basic=login')
    expect([second.status, second.out]).toEqual([
      0,
      '1 created, 0 replaced, 0 unchanged, 1 here already, 0 not taken over',
    ])
    const target = await serve(world, keys.target)
    for (const key of ['keyed-eu', 'basic']) {
      const headers = { 'provider-config-key': key, 'connection-id': 'c1' }
      expect((await target.call('GET', '/proxy/x', undefined, headers)).status).toBe(200)
    }
    expect((await target.call('GET', '/integrations/basic')).body.data).toMatchObject({
      unique_key: 'basic',
      provider: 'login',
    })
  })
})
