-- Each call for a random one of N stored accounts, so that nothing profits from asking for the same one again.
local count, target

function init(arguments)
  count = tonumber(arguments[1] or 1)
  target = wrk.path:match("^[^?]*")
end

function request()
  local index = math.random(0, count - 1)
  return wrk.format(nil, string.format("%s?external_user_id=user-%d&account_id=apn_b%06d", target, index, index))
end
