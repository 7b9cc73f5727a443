// biome-ignore-all lint/suspicious/noTemplateCurlyInString: provider files look like this
import { createAppRegistry } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { readProviders } from './read-providers.js'

/** In the form of a provider file; the vendors are invented. */
const file = {
  acme: {
    display_name: 'Acme',
    auth_mode: 'API_KEY',
    proxy: { base_url: 'https://api.acme-invented.com/v2', headers: { 'x-api-key': '${apiKey}' } },
  },
  tenant: {
    display_name: 'Tenant',
    auth_mode: 'BASIC',
    proxy: { base_url: 'https://${connectionConfig.subdomain}.tenant-invented.com' },
  },
  login: {
    display_name: 'Login',
    auth_mode: 'OAUTH2',
    authorization_url: 'https://login-invented.com/authorize',
    token_url: 'https://login-invented.com/token',
    proxy: { base_url: 'https://api.login-invented.com' },
  },
  same: { alias: 'acme', display_name: 'Same' },
  nowhere: { display_name: 'Nowhere', auth_mode: 'NONE' },
  odd: { display_name: 'Odd', auth_mode: 'TELEPATHY', proxy: { base_url: 'https://odd-invented.com' } },
}

describe('a provider file', () => {
  const read = readProviders(file)

  it('gives app definitions that compile', () => {
    const registry = createAppRegistry(read.apps)
    expect(registry.list().map(({ slug }) => slug)).toEqual(['acme', 'login', 'same', 'tenant'])
    const acme = registry.find('acme')
    expect(acme?.base).toMatchObject({ kind: 'fixed', target: { host: 'api.acme-invented.com', path: '/v2' } })
    expect(acme?.reservedHeaders).toContain('x-api-key')
    expect(registry.find('tenant')?.base.kind).toBe('template')
    expect(registry.find('login')?.renewal?.kind).toBe('refresh-token')
  })

  it('names what it cannot express, and what has nowhere to go', () => {
    expect(read.unusable.map(({ name }) => name)).toEqual(['odd'])
    expect(read.unusable[0]?.reason).toContain('TELEPATHY')
    expect(read.withoutBase).toEqual(['nowhere'])
  })

  it('is an object, or refused', () => {
    expect(() => readProviders([])).toThrow(/object/)
  })
})
