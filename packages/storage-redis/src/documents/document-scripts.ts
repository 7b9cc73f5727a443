import { announceFunction } from '../changes/announce.js'
import { defineScript } from '../script.js'

/**
 * The hash of a document: version, record, end (epoch milliseconds, or empty), name of the last write. Time is the
 * caller's: the key itself goes a while after its end.
 */
const functions = `
${announceFunction}
local function known(document, now)
  local fields = redis.call('HMGET', document, 'version', 'end', 'write')
  if not fields[1] then return end
  if fields[2] and fields[2] ~= '' and tonumber(fields[2]) <= now then return end
  return fields
end

-- What has ended leaves the lists a few at a time, faster than it comes.
local function sweep(ids, ends, now)
  for _, id in ipairs(redis.call('ZRANGE', ends, '-inf', now, 'BYSCORE', 'LIMIT', 0, 8)) do
    redis.call('ZREM', ids, id)
    redis.call('ZREM', ends, id)
  end
end
`

/**
 * KEYS: document, log, ids, ends. ARGV: expected version or empty, record, id, end or empty, how long the key stays or
 * empty, now, name of this write, epoch, channel, change. Answers the version it is stored with, 0 when it is refused.
 */
export const writeDocumentScript = defineScript(`${functions}
local document, log, ids, ends = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, record, id, last, life, now, write = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]
local before = known(document, now)
if not before and redis.call('HEXISTS', document, 'version') == 0 and redis.call('EXISTS', document) == 1 then
  return redis.error_reply('FOREIGN record')
end
local version = before and before[1] or '0'
if expected ~= '' and expected ~= version then return before and before[3] == write and tonumber(version) or 0 end
version = version + 1

redis.call('HSET', document, 'version', version, 'record', record, 'end', last, 'write', write)
if life == '' then redis.call('PERSIST', document) else redis.call('PEXPIRE', document, life) end
sweep(ids, ends, now)
redis.call('ZADD', ids, 0, id)
if last == '' then redis.call('ZREM', ends, id) else redis.call('ZADD', ends, last, id) end
announce(log, ARGV[8], ARGV[9], ARGV[10])
return version
`)

/** KEYS as above. ARGV: id, now, epoch, channel, change. Answers 1 when the document was there. */
export const deleteDocumentScript = defineScript(`${functions}
local document, log, ids, ends = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, now = ARGV[1], tonumber(ARGV[2])
if not known(document, now) then return 0 end
redis.call('DEL', document)
redis.call('ZREM', ids, id)
redis.call('ZREM', ends, id)
announce(log, ARGV[3], ARGV[4], ARGV[5])
return 1
`)
