import { defineScript } from '../script.js'

/**
 * Counts calls in sliding windows of slots, as `docs/decisions/0002-sliding-window-limits.md` describes them. A bucket is
 * kept as the flat list: time of its last call, calls in all slots, then for each slot, oldest first, the time of its
 * first call, of its last call, and its calls.
 *
 * KEYS: the buckets of the calls, each bucket once.
 * ARGV: the time in epoch milliseconds, empty for the server's own; then for each call the number of its buckets and for
 * each of these its position in KEYS, limit and window in milliseconds.
 * Answers for each call: 1 or 0 for allowed, which of its buckets is the tightest, remaining calls, milliseconds until
 * that bucket is full again, milliseconds to wait.
 */
export const consumeScript = defineScript(`
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local states, oldest, lives = {}, {}, {}

local function read(position)
  local packed = redis.call('GET', KEYS[position])
  local state
  if packed then
    local isSound, value = pcall(cmsgpack.unpack, packed)
    if isSound and type(value) == 'table' and type(value[2]) == 'number' and #value % 3 == 2 then state = value end
  end
  states[position] = state or { now, 0 }
  oldest[position] = 3
end

-- How many of a slot's calls may be later than start, which lies between its first call and its last.
local function staying(first, last, calls, start, limit)
  return math.max(math.ceil((calls - 1) * (last - start) / (last - first)), calls - 1 - math.floor(limit / 10))
end

-- The first start at which at most wanted of a slot's calls stay.
local function leaving(first, last, calls, wanted, limit)
  if wanted >= calls then return -math.huge end
  if wanted == calls - 1 then return first end
  if wanted < calls - 1 - math.floor(limit / 10) then return last end
  return last - math.floor(wanted * (last - first) / (calls - 1))
end

local function used(position, limit, window)
  local state = states[position]
  if state[1] - now > window then
    state = { now, 0 }
    states[position], oldest[position] = state, 3
  end
  local at = oldest[position]
  while at < #state do
    local first, last, calls = state[at], state[at + 1], state[at + 2]
    if last + window > now then
      oldest[position] = at
      if first + window > now then return state[2] end
      return state[2] - calls + staying(first, last, calls, now - window, limit)
    end
    state[2] = state[2] - calls
    at = at + 3
  end
  oldest[position] = at
  return 0
end

local function waitUntil(position, limit, window, wanted)
  local state = states[position]
  local rest = state[2]
  for at = oldest[position], #state - 2, 3 do
    local calls = state[at + 2]
    rest = rest - calls
    if rest <= wanted then
      return math.max(0, math.ceil(leaving(state[at], state[at + 1], calls, wanted - rest, limit) + window - now))
    end
  end
  return 0
end

local function count(position, window)
  local state = states[position]
  local time = math.max(now, state[1])
  local size = #state
  state[1], state[2] = time, state[2] + 1
  if size > oldest[position] and time < state[size - 2] + window / 20 then
    state[size - 1], state[size] = time, state[size] + 1
  else
    state[size + 1], state[size + 2], state[size + 3] = time, time, 1
  end
  lives[position] = math.max(lives[position] or 0, window)
end

local answers, argument = {}, 2
while argument <= #ARGV do
  local bucketCount = tonumber(ARGV[argument])
  local positions, windows = {}, {}
  local tightest, remaining, retryAfter = 1, math.huge, 0
  for nth = 1, bucketCount do
    local position = tonumber(ARGV[argument + 1])
    local limit, window = tonumber(ARGV[argument + 2]), tonumber(ARGV[argument + 3])
    argument = argument + 3
    positions[nth], windows[nth] = position, window
    if not states[position] then read(position) end
    local left = limit - used(position, limit, window)
    local wait = left >= 1 and 0 or waitUntil(position, limit, window, limit - 1)
    if wait > retryAfter or (wait == retryAfter and left < remaining) then
      tightest, remaining, retryAfter = nth, left, wait
    end
  end
  argument = argument + 1
  local isAllowed = remaining >= 1
  if isAllowed then
    for nth = 1, bucketCount do count(positions[nth], windows[nth]) end
  end
  local size = #answers
  answers[size + 1] = isAllowed and 1 or 0
  answers[size + 2] = tightest
  answers[size + 3] = isAllowed and remaining - 1 or 0
  answers[size + 4] = math.max(0, states[positions[tightest]][1] + windows[tightest] - now)
  answers[size + 5] = retryAfter
end

for position, life in pairs(lives) do
  local state, from = states[position], oldest[position]
  local kept = { state[1], state[2] }
  for at = from, #state do kept[at - from + 3] = state[at] end
  redis.call('SET', KEYS[position], cmsgpack.pack(kept), 'PX', math.ceil(life) + 1000)
end
return answers
`)
