/**
 * The vendor says that the grant is void (`invalid_grant`): trying again is of no use. The message is shown to people
 * as the account's `error`: it holds a status or a code of the vendor, never a value.
 */
export class ExchangeRefusal extends Error {
  override readonly name = 'ExchangeRefusal'
}
