import { sampleAccount } from '@proxy/conformance'
import type { Account } from '@proxy/core'
import { expect, it } from 'vitest'
import { type SetUp, setUp } from './set-up.js'

const ttlMs = 60_000
const cache = { ttlMs, staleIfErrorMs: 600_000, negativeTtlMs: 2_000 }
const unavailable = { code: 'credential_store_unavailable', status: 503, retryAfterSeconds: 1 }

async function withAccount(options: Parameters<typeof setUp>[0] = {}): Promise<SetUp & { readonly account: Account }> {
  const made = await setUp({ cache, ...options })
  const account = await made.storage.writeAccount(sampleAccount(), 0)
  if (account === undefined) throw new Error('The account was not written')
  made.newCalls()
  return { ...made, account }
}

it('reads a credential once for 1,000 callers at a time, and not again while it is remembered', async () => {
  const { open, account, newCalls, clock } = await withAccount()
  const storage = open()
  const read = async (): Promise<unknown> => (await storage.readAccount(account, account.id))?.values.reveal()
  const answers = await Promise.all(Array.from({ length: 1_000 }, read))
  expect(newCalls()).toEqual(['GetSecretValue'])
  expect(answers.every((values) => JSON.stringify(values) === JSON.stringify(answers[0]))).toBe(true)
  expect(answers[0]).toEqual(account.values.reveal())
  expect(storage.readAccount(account, account.id)).not.toBeInstanceOf(Promise)
  clock.advance(ttlMs + 1)
  await Promise.all(Array.from({ length: 1_000 }, read))
  expect(newCalls()).toEqual(['GetSecretValue'])
})

it.each([
  ['throttles', { type: 'ThrottlingException' }],
  ['fails', { type: 'InternalServiceError', status: 500 }],
  ['cuts the connection', 'drop'],
  ['answers and loses the answer', 'lose'],
] as const)('tries again when the service %s, and has the credential', async (_, fault) => {
  const { open, account, emulator, newCalls } = await withAccount()
  let faults = 2
  emulator.fault = () => (faults-- > 0 ? fault : undefined)
  expect((await open().readAccount(account, account.id))?.values.reveal()).toEqual(account.values.reveal())
  expect(newCalls()).toEqual(['GetSecretValue', 'GetSecretValue', 'GetSecretValue'])
})

it.each([
  ['throttles', { type: 'ThrottlingException' }],
  ['denies', { type: 'AccessDeniedException' }],
  ['takes the credentials of this process for expired', { type: 'ExpiredTokenException' }],
  ['cannot decrypt', { type: 'DecryptionFailure' }],
  ['is cut off', 'drop'],
] as const)('uses what it remembers while the service %s, for its time, then answers 503', async (_, fault) => {
  const { open, account, emulator, clock } = await withAccount({ timeoutMs: 300 })
  const storage = open()
  await storage.readAccount(account, account.id)
  emulator.fault = () => fault
  clock.advance(ttlMs + 1)
  expect((await storage.readAccount(account, account.id))?.values.reveal()).toEqual(account.values.reveal())
  clock.advance(cache.staleIfErrorMs)
  await expect(storage.readAccount(account, account.id)).rejects.toMatchObject(unavailable)
  emulator.fault = () => undefined
  clock.advance(6_000)
  expect((await storage.readAccount(account, account.id))?.values.reveal()).toEqual(account.values.reveal())
})

it('gives up a throttled read within 2 seconds, and its tries are few', async () => {
  const { open, account, emulator, newCalls } = await withAccount()
  emulator.fault = () => ({ type: 'ThrottlingException' })
  const start = performance.now()
  await expect(open().readAccount(account, account.id)).rejects.toMatchObject(unavailable)
  const tookMs = performance.now() - start
  expect(tookMs).toBeLessThan(2_200)
  expect(newCalls().length).toBeLessThan(14)
})

it('gives up a read that hangs after 2 seconds', async () => {
  const { open, account, emulator } = await withAccount()
  emulator.delay = () => new Promise(() => undefined)
  const start = performance.now()
  await expect(open().readAccount(account, account.id)).rejects.toMatchObject(unavailable)
  expect(performance.now() - start).toBeLessThan(2_500)
})

it.each(['AccessDeniedException', 'DecryptionFailure'])('asks once in 5 seconds when it gets %s', async (type) => {
  const { open, account, emulator, newCalls, clock } = await withAccount()
  const storage = open()
  emulator.fault = () => ({ type })
  for (let round = 0; round < 50; round += 1) {
    await expect(storage.readAccount(account, account.id)).rejects.toMatchObject(unavailable)
  }
  expect(newCalls()).toEqual(['GetSecretValue'])
  clock.advance(5_001)
  emulator.fault = () => undefined
  expect(await storage.readAccount(account, account.id)).toBeDefined()
  expect(newCalls()).toEqual(['GetSecretValue'])
})

it('names the account that it is denied once for each time it asks, and nothing of what it holds', async () => {
  const told: string[] = []
  const {
    open,
    storage: writer,
    account,
    emulator,
    clock,
  } = await withAccount({
    onRefusal: ({ message }) => told.push(message),
  })
  const other = await writer.writeAccount(sampleAccount({ id: 'apn_other', externalId: 'apn_other' }), 0)
  const storage = open()
  emulator.fault = ({ input }) =>
    String(input.SecretId).endsWith('/apn_other') ? { type: 'AccessDeniedException' } : undefined
  for (let round = 0; round < 3; round += 1) {
    await expect(storage.readAccount(account, 'apn_other')).rejects.toMatchObject({
      ...unavailable,
      cause: { name: 'ServiceFault', code: 'AccessDeniedException' },
    })
    expect(await storage.readAccount(account, account.id)).toBeDefined()
  }
  const line = /^The secret of account "apn_other" cannot be used: .*GetSecretValue: AccessDeniedException\b[^{]*$/
  expect(told).toEqual([expect.stringMatching(line)])
  for (const secret of Object.values(other?.values.reveal().customFields ?? {})) expect(told[0]).not.toContain(secret)
  clock.advance(5_001)
  await expect(storage.readAccount(account, 'apn_other')).rejects.toMatchObject(unavailable)
  expect(told).toHaveLength(2)
})

it('asks once a second for all accounts when its own credentials are not taken', async () => {
  const { open, storage: writer, emulator, newCalls, clock } = await withAccount()
  for (let nth = 0; nth < 20; nth += 1) await writer.writeAccount(sampleAccount({ id: `apn_${nth}` }), 0)
  const storage = open()
  newCalls()
  emulator.fault = () => ({ type: 'ExpiredTokenException' })
  for (let nth = 0; nth < 20; nth += 1) {
    await expect(storage.readAccount(sampleAccount(), `apn_${nth}`)).rejects.toMatchObject(unavailable)
  }
  expect(newCalls()).toEqual(['GetSecretValue'])
  clock.advance(5_001)
  emulator.fault = () => undefined
  expect(await storage.readAccount(sampleAccount(), 'apn_0')).toBeDefined()
})

it('takes an account for absent when its secret is gone, and asks again within 5 seconds', async () => {
  const { open, account, emulator, newCalls, clock } = await withAccount()
  const storage = open()
  emulator.fault = () => ({ type: 'ResourceNotFoundException' })
  expect(await storage.readAccount(account, account.id)).toBeUndefined()
  expect(await storage.readAccount(account, account.id)).toBeUndefined()
  expect(newCalls()).toEqual(['GetSecretValue'])
  emulator.fault = () => undefined
  clock.advance(5_000)
  expect(await storage.readAccount(account, account.id)).toBeDefined()
})

it('says nothing of credentials, keys and answers in what it throws', async () => {
  const { open, account, emulator } = await withAccount()
  emulator.fault = () => ({ type: 'AccessDeniedException' })
  const error: unknown = await Promise.resolve(open().readAccount(account, account.id)).catch((thrown) => thrown)
  expect(error).toMatchObject({
    ...unavailable,
    cause: { message: 'Secrets Manager, GetSecretValue: AccessDeniedException' },
  })
})

it('checks that the service answers and tells when it does not', async () => {
  const { open, emulator, clock, newCalls } = await withAccount({ timeoutMs: 300 })
  const storage = open()
  await expect(storage.check()).resolves.toBeUndefined()
  await expect(storage.check()).resolves.toBeUndefined()
  expect(newCalls()).toEqual(['GetSecretValue'])
  emulator.fault = () => ({ type: 'AccessDeniedException' })
  clock.advance(30_001)
  await expect(storage.check()).rejects.toMatchObject(unavailable)
})

it('reads a page of accounts with one call for 20', async () => {
  const { open, storage: writer, newCalls } = await withAccount()
  for (let nth = 0; nth < 50; nth += 1) await writer.writeAccount(sampleAccount({ id: `apn_${100 + nth}` }), 0)
  const storage = open()
  newCalls()
  const page = await storage.listAccounts({ scope: sampleAccount(), limit: 40 })
  expect(page.rows.map(({ values }) => values.reveal().customFields.api_key)).toEqual(
    page.rows.map(({ id }) => `key of ${id}`),
  )
  expect(newCalls()).toEqual(['BatchGetSecretValue', 'BatchGetSecretValue'])
  expect((await storage.listAccounts({ scope: sampleAccount(), limit: 40 })).rows).toHaveLength(40)
  expect(newCalls()).toEqual([])
})
