export interface WorkerStart {
  /** The configuration as text, with the name of the file that it came from. */
  readonly configuration: { readonly name: string; readonly text: string }
  /** While it serves nobody else writes to the log: it need not write in pieces so small that lines cannot mix. */
  readonly logsAlone: boolean
}

/** What the first process and its workers tell each other, besides the shared state. One key a message. */
export interface ToWorker {
  readonly start?: WorkerStart
  /** Listen and serve; until then a worker stands by. */
  readonly serve?: true
  /** A line of the first process's, for the log that the worker writes alone. */
  readonly log?: string
  readonly drain?: true
  /** Asks for the worker's own metrics. */
  readonly collect?: number
  /** The metrics of all workers, for the question of that number. */
  readonly metrics?: { readonly number: number; readonly text: string }
}

export interface ToFirst {
  /** It listens; what was sent before is lost. */
  readonly hello?: true
  /** It serves at `url`; without one it stands by. */
  readonly ready?: { readonly url?: string }
  /** It could not start, for this reason, and ends. */
  readonly failed?: string
  /** Asks for the metrics of all workers. */
  readonly ask?: number
  /** The worker's own metrics, for the question of that number. */
  readonly collected?: { readonly number: number; readonly metrics: readonly object[] }
}

const key = 'apiProxy'

/** Wraps a message so that it is told from others on the same channel. */
export function wrap<Message extends ToWorker | ToFirst>(message: Message): object {
  return { [key]: message }
}

/** The message in `wrapped`; undefined for what is not ours. Both processes run the same code. */
export function unwrap<Message extends ToWorker | ToFirst>(wrapped: unknown): Message | undefined {
  return typeof wrapped === 'object' && wrapped !== null && key in wrapped ? (wrapped[key] as Message) : undefined
}
