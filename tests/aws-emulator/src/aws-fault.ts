/** An error as the service answers it. */
export class AwsFault extends Error {
  readonly type: string
  readonly status: number

  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

export const notFound = () =>
  new AwsFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
