-- Counts the answers with one status in all threads, and prints one line of JSON that load.ts reads: `count(202)`.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() accepted = 0 end

function count(expected)
  function response(status) if status == expected then accepted = accepted + 1 end end
  function done(summary, latency)
    local total = 0
    for _, thread in ipairs(threads) do total = total + thread:get("accepted") end
    io.write(string.format('RESULT {"accepted":%d,"seconds":%f,"p50":%f,"p99":%f,"errors":%d}\n',
      total, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
  end
end
