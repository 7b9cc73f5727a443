import { readFileSync } from 'node:fs'
import { manualClock, testStorage } from '@proxy/conformance'
import { memoryStorage } from './memory-storage.js'

const corpus = new URL('../../../tests/corpora/strings/blns.json', import.meta.url)
const strings = JSON.parse(readFileSync(corpus, 'utf8')) as readonly string[]

testStorage(
  'memoryStorage',
  () => {
    const clock = manualClock()
    return { storage: memoryStorage({ clock }), now: clock.now, passTime: clock.advance }
  },
  { strings },
)
