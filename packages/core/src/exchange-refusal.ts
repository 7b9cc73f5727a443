/** The vendor says that the grant is void (`invalid_grant`): trying again is of no use. The message is for operators. */
export class ExchangeRefusal extends Error {
  override readonly name = 'ExchangeRefusal'
}
