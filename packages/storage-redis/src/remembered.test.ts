import { describe, expect, it } from 'vitest'
import { createKeys } from './keys.js'
import { createRemembered } from './remembered.js'

const keys = createKeys('api-proxy:')
const scope = { project: 'proj_1', environment: 'development' } as const
const name = keys.accounts(scope).account('apn_1')
const change = { type: 'account', scope, id: 'apn_1' } as const

describe('what is remembered', () => {
  it('is what was read, until it changes', () => {
    const remembered = createRemembered(keys)
    expect(remembered.has(name)).toBe(false)
    remembered.end(name, remembered.begin(name), true)
    expect(remembered.has(name)).toBe(true)
    remembered.hear({ ...change, id: 'apn_2' })
    expect(remembered.has(name)).toBe(true)
    remembered.hear(change)
    expect(remembered.has(name)).toBe(false)
  })

  it.each([
    ['the record', change],
    ['nobody knows what', { type: 'all' } as const],
  ])('is not what was read while %s changed, because whoever read it has dropped it', (_, changed) => {
    const remembered = createRemembered(keys)
    const token = remembered.begin(name)
    remembered.hear(changed)
    remembered.end(name, token, true)
    expect(remembered.has(name)).toBe(false)
  })

  it('is not what could not be read, and still what was read before', () => {
    const remembered = createRemembered(keys)
    remembered.end(name, remembered.begin(name), false)
    expect(remembered.has(name)).toBe(false)
    remembered.end(name, remembered.begin(name), true)
    remembered.end(name, remembered.begin(name), false)
    expect(remembered.has(name)).toBe(true)
  })

  it('is what the later of two reads found', () => {
    const remembered = createRemembered(keys)
    const [first, second] = [remembered.begin(name), remembered.begin(name)]
    remembered.end(name, second, true)
    remembered.end(name, first, false)
    expect(remembered.has(name)).toBe(true)
  })
})
