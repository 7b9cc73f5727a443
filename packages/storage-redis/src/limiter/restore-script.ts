import { defineScript } from '../script.js'

/**
 * Counts calls that an instance let pass by itself while the server was away, in buckets that the server has lost
 * meanwhile; the counts of all instances add up. A bucket that it still has is left as it is.
 *
 * KEYS: for each bucket its key and that of the mark that it is being restored.
 * ARGV: the time as for consuming; then for each bucket its calls and its window in milliseconds.
 */
export const restoreScript = defineScript(`
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
for nth = 1, #KEYS / 2 do
  local bucket, mark = KEYS[nth * 2 - 1], KEYS[nth * 2]
  local calls, life = tonumber(ARGV[nth * 2]), math.ceil(tonumber(ARGV[nth * 2 + 1])) + 1000
  local packed = redis.call('GET', bucket)
  if not packed or redis.call('EXISTS', mark) == 1 then
    local state = packed and cmsgpack.unpack(packed) or { now, 0 }
    local time, size = math.max(now, state[1]), packed and #state or 2
    state[1], state[2] = time, state[2] + calls
    state[size + 1], state[size + 2], state[size + 3] = time, time, calls
    redis.call('SET', bucket, cmsgpack.pack(state), 'PX', life)
    redis.call('SET', mark, '1', 'PX', life)
  end
end
return 1
`)
