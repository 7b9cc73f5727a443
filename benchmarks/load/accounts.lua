-- Each call for another one of N stored accounts, scattered, so that nothing profits from asking for the same one again;
-- after N calls each was asked for once. The step shares no factor with powers of ten. The second argument is how many
-- calls came before.
local step = 61803
local count, target, index

function init(arguments)
  count = tonumber(arguments[1] or 1)
  target = wrk.path:match("^[^?]*")
  index = (tonumber(arguments[2] or 0) * step) % count
end

function request()
  index = (index + step) % count
  return wrk.format(nil, string.format("%s?external_user_id=user-%d&account_id=apn_b%06d", target, index, index))
end
