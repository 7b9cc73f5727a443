import { defineScript } from '../script.js'
import type { StoreAccess } from '../store-access.js'

const membersAtOnce = 2_000

/** KEYS: sorted set. ARGV: where to begin, how many members to look at, text to find. Answers where to go on, and what was found. */
const searchScript = defineScript(`
local members = redis.call('ZRANGE', KEYS[1], ARGV[1], '+', 'BYLEX', 'LIMIT', 0, ARGV[2])
local answer = { #members == tonumber(ARGV[2]) and '(' .. members[#members] or '' }
for _, member in ipairs(members) do
  if string.find(member, ARGV[3], 1, true) then answer[#answer + 1] = member end
end
return answer
`)

/** The members of a sorted set that hold `text`. Looks at all, a few at a time, so that the server serves others between. */
export async function searchMembers(access: StoreAccess, key: string, text: string): Promise<readonly string[]> {
  const found: string[] = []
  for (let from = '-'; from !== ''; ) {
    const answer = await access.evaluate(searchScript, [key], [from, membersAtOnce, text])
    const [next = '', ...matches] = Array.isArray(answer) ? answer.map(String) : []
    for (const match of matches) found.push(match)
    from = next
  }
  return found
}
