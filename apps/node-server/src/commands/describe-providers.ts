import type { ProviderReport } from '@proxy/composition'

/** What of a provider file cannot be expressed here, a line each under a line with the counts. */
export function describeProviders(report: ProviderReport | undefined): readonly string[] {
  if (report === undefined) return []
  const { file, total, unusable, partly } = report
  return [
    `${file}: ${total - unusable.length} of ${total} providers are apps here`,
    ...unusable.map(({ name, reason }) => `  ${name}: ${reason}`),
    ...(partly.length === 0 ? [] : [`${partly.length} of them work, but for one thing:`]),
    ...partly.map(({ name, reason }) => `  ${name}: ${reason}`),
  ]
}
