/** A promise that somebody else settles: tests hand the turn to and fro with it instead of sleeping. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>
  resolve(value: Value): void
}

/** An open promise and the function that settles it. */
export function deferred<Value = void>(): Deferred<Value> {
  let settle: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value) => settle(value) }
}
