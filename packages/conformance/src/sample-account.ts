import { type Account, type CredentialValues, Secret } from '@proxy/core'

/** An account for tests: healthy, with one custom field, never expiring. `changes` replaces fields. */
export function sampleAccount(
  changes: Partial<Omit<Account, 'values'>> & { readonly values?: Partial<CredentialValues> } = {},
): Account {
  const { values, ...fields } = changes
  const id = fields.id ?? 'apn_sample1'
  return {
    id,
    version: 0,
    project: 'proj_sample',
    environment: 'development',
    externalUserId: 'user-1',
    app: 'acme',
    externalId: `external-${id}`,
    name: undefined,
    values: new Secret({ customFields: { api_key: `key of ${id}` }, credentials: {}, ...values }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: Date.UTC(2026, 0, 1),
    updatedAt: Date.UTC(2026, 0, 1),
    expiresAt: undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
    ...fields,
  }
}
