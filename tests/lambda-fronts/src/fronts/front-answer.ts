/** The head of an answer in any front's form. */
export interface AnswerHead {
  readonly statusCode: number
  readonly headers?: Record<string, string>
  readonly multiValueHeaders?: Record<string, string[]>
  readonly cookies?: string[]
}

export interface BufferedAnswer extends AnswerHead {
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** Flat. */
export function headersOf({ headers = {}, multiValueHeaders = {}, cookies = [] }: AnswerHead): string[] {
  return [
    ...Object.entries(headers).flat(),
    ...Object.entries(multiValueHeaders).flatMap(([name, values]) => values.flatMap((value) => [name, value])),
    ...cookies.flatMap((cookie) => ['set-cookie', cookie]),
  ]
}
