/** True for a domain under which strangers can register names. */
export function isPublicSuffix(domain: string): boolean {
  return !domain.includes('.')
}
