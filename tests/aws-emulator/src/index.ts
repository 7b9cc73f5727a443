import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsFault } from './aws-fault.js'
import { createKeyService, type KmsKey } from './key-service.js'
import { verifySignature } from './signature.js'
import { createVault, type StoredSecret } from './vault.js'

export type { KmsKey } from './key-service.js'
export type { StoredSecret } from './vault.js'

export interface Call {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What a fault does with a call: an error type to answer, `drop` to cut the connection, `lose` to do it and cut. */
export type Fault = { readonly type: string; readonly status?: number } | 'drop' | 'lose'

/** A Secrets Manager and a KMS on loopback. Requests whose signature does not verify are refused as the service refuses them. */
export interface AwsEmulator {
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_KMS` or the client's `endpoint`. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Calls that arrived, refused ones too. */
  readonly calls: readonly Call[]
  readonly secrets: ReadonlyMap<string, StoredSecret>
  readonly kmsKeys: ReadonlyMap<string, KmsKey>
  /** Makes a KMS key; an alias, such as `alias/name`, leads to it from then on. */
  addKmsKey(alias?: string): KmsKey
  /** Asked before each call; undefined lets it pass. */
  fault: (call: Call) => Fault | undefined
  /** Awaited before each answer. */
  delay: (call: Call) => Promise<void>
  /** Ends the connections that clients keep, as the service does with those that are idle. */
  closeConnections(): void
  stop(): Promise<void>
}

const credentials = { accessKeyId: 'AKIDEMULATED', secretAccessKey: 'emulated/secret+key' }

export async function startAwsEmulator(now: () => number = Date.now): Promise<AwsEmulator> {
  const vault = createVault(now)
  const keyService = createKeyService()
  const calls: Call[] = []
  const state: Pick<AwsEmulator, 'fault' | 'delay'> = { fault: () => undefined, delay: async () => undefined }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const answer = (status: number, value: unknown, type?: string): void => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        ...(type !== undefined && { 'x-amzn-errortype': type }),
      })
      response.end(JSON.stringify(value))
    }
    const refuse = (type: string, message: string, status: number): void =>
      answer(status, { __type: type, message, Message: message }, type)

    const [target = '', operation = ''] = String(request.headers['x-amz-target']).split('.')
    const isKms = target === 'TrentService'
    const input = parseObject(body.toString())
    if (input === undefined) return refuse('SerializationException', 'The body is not a JSON object.', 400)
    const call: Call = { operation, input }
    calls.push(call)
    const signedBy = verifySignature(
      request,
      body,
      isKms ? 'kms' : 'secretsmanager',
      (id) => (id === credentials.accessKeyId ? credentials.secretAccessKey : undefined),
      Date.now(),
    )
    if (typeof signedBy === 'string') return refuse(signedBy, 'The request is not signed as it should be.', 400)
    await state.delay(call)
    const fault = state.fault(call)
    if (fault === 'drop') return void response.destroy()
    if (typeof fault === 'object') return refuse(fault.type, 'A fault of the test.', fault.status ?? 400)
    try {
      const result = (isKms ? keyService : vault).perform(operation, call.input)
      if (fault === 'lose') response.destroy()
      else answer(200, result)
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error
      refuse(error.type, error.message, error.status)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials,
    calls,
    secrets: vault.secrets,
    kmsKeys: keyService.keys,
    addKmsKey: keyService.addKey,
    closeConnections: () => server.closeAllConnections(),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  })
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
