import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forger } from './forge.js'
import { type PropertyBench, runs, startPropertyBench } from './property-bench.js'
import { project, type Town } from './town.js'

const publicUrl = 'https://proxy.example'
const seed = randomBytes(32)
const own = forger(seed)
let bench: PropertyBench
let town: Town

beforeAll(async () => {
  bench = await startPropertyBench({
    client: { id: 'town-client', secret: 'town-client-secret' },
    config: { server: { publicUrl }, tokens: { signingKeys: [seed.toString('base64')] } },
  })
  town = bench.town
})

afterAll(() => bench.stop())

describe('whatever is done to a token', () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: publicUrl,
    aud: publicUrl,
    sub: 'town-client',
    project,
    scope: '*',
    jti: 'x',
    iat: now,
    exp: now + 600,
  }
  const good = own.forge({ alg: 'EdDSA', kid: own.kid, typ: 'JWT' }, claims)

  it('it is not one any more', async () => {
    expect((await bench.send(town.path('header', '/x'), [], good)).answer.status).toBe(200)
    const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(3), fc.stringMatching(/^[A-Za-z0-9._=+/-]{0,3}$/))
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const changed = edits.reduce(
          (text, [place, removed, added]) => text.slice(0, place) + added + text.slice(place + removed),
          good,
        )
        if (changed === good) return
        const { answer } = await bench.send(town.path('header', '/x'), [], changed)
        expect([400, 401, 429]).toContain(answer.status)
      }),
      runs(300),
    )
  })

  it('one that we signed with anything more in its header is none', async () => {
    const more = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), {
      minKeys: 1,
      maxKeys: 2,
    })
    await fc.assert(
      fc.asyncProperty(more, async (names) => {
        const token = own.forge({ alg: 'EdDSA', kid: own.kid, ...names }, claims)
        const { answer } = await bench.send(town.path('header', '/x'), [], token)
        expect([401, 429]).toContain(answer.status)
      }),
      runs(100),
    )
  })
})
