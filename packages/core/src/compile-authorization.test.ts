import { describe, expect, it } from 'vitest'
import type { AppDefinition, OAuthSettings } from './app-definition.js'
import { AppDefinitionError, compileApp } from './app-registry.js'

function definition(oauth: OAuthSettings): AppDefinition {
  return {
    name_slug: 'shop',
    name: 'Shop',
    auth_type: 'oauth',
    custom_fields: [
      { name: 'subdomain', format: 'host-label' },
      { name: 'pin', type: 'password' },
    ],
    connect: { base_proxy_target_url: 'https://{{custom_fields.subdomain}}.shop.example' },
    auth: [{ kind: 'bearer' }],
    oauth: { token_url: 'https://login.shop.example/token', ...oauth },
  }
}

const authorize_url = 'https://{{custom_fields.subdomain}}.shop.example/authorize'

function faultsOf(oauth: OAuthSettings): readonly string[] {
  try {
    compileApp(definition(oauth))
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => `${fault.field}: ${fault.message}`)
  }
}

describe('the authorization of an app', () => {
  it('is compiled with its defaults', () => {
    const { authorization } = compileApp(definition({ authorize_url, scopes: ['read'] }))
    expect(authorization).toMatchObject({ scopes: ['read'], scopeSeparator: ' ', pkce: true, parameters: [] })
    expect(compileApp(definition({ authorize_url, pkce: false })).authorization?.pkce).toBe(false)
  })

  it('is absent without an address to send people to, or without one to exchange their code at', () => {
    expect(compileApp(definition({})).authorization).toBeUndefined()
    const { token_url: _, ...oauth } = { ...definition({ authorize_url }).oauth }
    expect(compileApp({ ...definition({}), oauth }).authorization).toBeUndefined()
  })

  it('may name the client and public fields in its parameters', () => {
    const authorize_params = { client_key: '{{credentials.client_id}}', shop: '{{custom_fields.subdomain}}' }
    const parameters = compileApp(definition({ authorize_url, authorize_params })).authorization?.parameters
    expect(parameters?.map(({ name }) => name)).toEqual(['client_key', 'shop'])
  })

  it.each([
    ['a secret of the client', { x: '{{credentials.client_secret}}' }, /x: uses credentials.client_secret, a secret/],
    ['a secret field', { x: '{{base64(custom_fields.pin)}}' }, /x: uses custom_fields.pin, a secret/],
    ['an unknown field', { x: '{{custom_fields.nothing}}' }, /which the app does not have/],
    ["the flow's own state", { state: 'fixed' }, /authorize_params.state: is not for the app to set/],
    ["the flow's own challenge", { code_challenge_method: 'plain' }, /is not for the app to set/],
  ])('refuses %s there', (_, authorize_params, expected) => {
    expect(faultsOf({ authorize_url, authorize_params })).toEqual([expect.stringMatching(expected)])
  })
})
