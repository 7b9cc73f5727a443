import type { CredentialValues, Moment, NamedTemplate } from '@proxy/core'

/** Names and rendered values. Throws `account_config_invalid` naming a value that the account lacks. */
export function renderNamed(
  list: readonly NamedTemplate[],
  values: CredentialValues,
  moment: Moment,
): Record<string, string> {
  return Object.fromEntries(list.map(({ name, value }) => [name, value.render(values, moment)]))
}
