import { announceFunction } from '../changes/announce.js'
import { defineScript } from '../script.js'

/** The hash of an account: version, record, rows, and the name of the last write. A deleted one keeps that alone. */
const functions = `
${announceFunction}
local function leaveUser(users, byUser, rows)
  local left = redis.call('ZRANGE', byUser, '[' .. rows.userStart, '(' .. string.sub(rows.userStart, 1, -2) .. '!', 'BYLEX', 'LIMIT', 0, 1)
  if #left == 0 then redis.call('ZREM', users, rows.user) end
end

local function readRows(text)
  local isSound, rows = pcall(cjson.decode, text)
  if isSound and type(rows) == 'table' and type(rows.members) == 'table' and #rows.members == #KEYS - 4 then return rows end
end

local foreign = redis.error_reply('FOREIGN record')
`

/**
 * KEYS: account, log, external ids, users, indexes. ARGV: expected version, record, rows, name of this write, id, epoch,
 * channel, change, position of the index by user. Answers 1 when the account is stored, 0 when it is refused. The same
 * write done twice, because its answer was lost, is stored once and answered alike.
 */
export const writeAccountScript = defineScript(`${functions}
local account, log, externals, users = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, record, rowsText, write, id = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local known = redis.call('HMGET', account, 'version', 'write', 'rows', 'deleted')
if known[4] then return 0 end
if (known[1] or '0') ~= expected then return known[2] == write and 1 or 0 end
if not known[1] and redis.call('EXISTS', account) == 1 then return foreign end
local rows, before = cjson.decode(rowsText), nil
if known[1] then
  before = readRows(known[3] or '')
  if not before then return foreign end
end
local holder = redis.call('HGET', externals, rows.external)
if holder and holder ~= id then return 0 end

redis.call('HSET', account, 'version', expected + 1, 'record', record, 'rows', rowsText, 'write', write)
redis.call('HSET', externals, rows.external, id)
if before and before.external ~= rows.external then redis.call('HDEL', externals, before.external) end
for nth, member in ipairs(rows.members) do
  local old = before and before.members[nth] or ''
  if old ~= member then
    if old ~= '' then redis.call('ZREM', KEYS[nth + 4], old) end
    if member ~= '' then redis.call('ZADD', KEYS[nth + 4], 0, member) end
  end
end
redis.call('ZADD', users, 0, rows.user)
if before and before.user ~= rows.user then leaveUser(users, KEYS[4 + ARGV[9]], before) end
announce(log, ARGV[6], ARGV[7], ARGV[8])
return 1
`)

/**
 * KEYS as above. ARGV: name of this write, id, how long the mark of the deletion stays, epoch, channel, change, position
 * of the index by user. Answers 1 when the account was there. The mark outlives every write that may still be under way.
 */
export const deleteAccountScript = defineScript(`${functions}
local account, log, externals, users = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local write, id = ARGV[1], ARGV[2]
local known = redis.call('HMGET', account, 'version', 'rows', 'deleted')
if known[3] then return known[3] == write and 1 or 0 end
if not known[1] then return redis.call('EXISTS', account) == 1 and foreign or 0 end
local before = readRows(known[2] or '')
if not before then return foreign end

redis.call('DEL', account)
redis.call('HSET', account, 'deleted', write, 'ended', known[1])
redis.call('PEXPIRE', account, ARGV[3])
if redis.call('HGET', externals, before.external) == id then redis.call('HDEL', externals, before.external) end
for nth, member in ipairs(before.members) do
  if member ~= '' then redis.call('ZREM', KEYS[nth + 4], member) end
end
leaveUser(users, KEYS[4 + ARGV[7]], before)
announce(log, ARGV[4], ARGV[5], ARGV[6])
return 1
`)
