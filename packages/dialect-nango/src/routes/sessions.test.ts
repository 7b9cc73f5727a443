import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'

describe('a session for an integration', () => {
  it.each([
    [['acme-prod'], [{ app: 'acme', externalIdPrefix: '#acme-prod/' }]],
    [['acme'], [{ app: 'acme', externalIdPrefix: '' }]],
    [
      ['shop', 'acme-prod'],
      [
        { app: 'shop', externalIdPrefix: '' },
        { app: 'acme', externalIdPrefix: '#acme-prod/' },
      ],
    ],
    [undefined, undefined],
  ])('of %j says where its accounts belong', async (allowed, choices) => {
    const bench = createBench()
    await bench.call('POST', '/integrations', { json: { provider: 'acme', unique_key: 'acme-prod' } })
    const json = { end_user: { id: 'u-1' }, allowed_integrations: allowed }
    expect((await bench.call('POST', '/connect/sessions', { json })).status).toBe(201)
    expect(bench.sessions).toMatchObject([{ choices }])
  })
})

describe('null in a new session', () => {
  const json = { end_user: { id: 'u-1' }, tags: { team: 'red' }, allowed_integrations: ['acme'] }

  it.each(['allowed_integrations', 'tags', 'organization', 'overrides', 'integrations_config_defaults'])(
    'is as if there were no %s',
    async (name) => {
      const bench = createBench()
      expect((await bench.call('POST', '/connect/sessions', { json: { ...json, [name]: null } })).status).toBe(201)
      expect(bench.sessions).toMatchObject([
        { externalUserId: 'u-1', choices: name === 'allowed_integrations' ? undefined : [{ app: 'acme' }] },
      ])
    },
  )

  it('is no end user: one is needed, or a tag that names one', async () => {
    const bench = createBench()
    const tagged = { end_user: null, tags: { end_user_id: 'u-2' } }
    expect((await bench.call('POST', '/connect/sessions', { json: tagged })).status).toBe(201)
    expect(bench.sessions).toMatchObject([{ externalUserId: 'u-2' }])
    expect(await bench.call('POST', '/connect/sessions', { json: { end_user: null, tags: null } })).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_body', errors: [{ path: ['end_user'] }] } },
    })
  })

  it('is not any value of a list of integrations', async () => {
    const answer = await createBench().call('POST', '/connect/sessions', {
      json: { ...json, allowed_integrations: 'acme' },
    })
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid_body' } } })
  })
})
