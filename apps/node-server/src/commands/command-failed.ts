/** A command that ran, and whose outcome is bad: it has said why. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}
