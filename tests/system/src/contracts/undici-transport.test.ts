import { testTransport } from '@proxy/conformance'
import { undiciTransport } from '@proxy/core'

testTransport('undiciTransport', ({ clock, allowPrivate }) => undiciTransport({ clock, network: { allowPrivate } }))
