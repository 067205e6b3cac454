wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"event":"order.created","id":"0123456789","items":[{"sku":"burger","count":2},{"sku":"fries","count":1}]}'

-- Milliseconds between an answer and the next request on its connection, for less than full load.
local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
  function delay() return pause end
end

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() accepted = 0 end
function response(status) if status == 200 then accepted = accepted + 1 end end
function done(summary, latency)
  local total = 0
  for _, thread in ipairs(threads) do total = total + thread:get("accepted") end
  io.write(string.format('RESULT {"accepted":%d,"seconds":%f,"p50":%f,"p99":%f,"errors":%d}\n',
    total, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
