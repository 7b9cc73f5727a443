/** What a provider file says and an app definition cannot; the message names it for the operator. */
export class Inexpressible extends Error {
  override readonly name = 'Inexpressible'
}
