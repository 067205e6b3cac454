-- BENCH_KIND is the kind of source whose reports are sent; storm: those of retm, each for another endpoint.
local kind = os.getenv("BENCH_KIND") or "retm"
local sent = 0
-- An id is never used again: a duplicate costs less.
local function id()
  sent = sent + 1
  return os.time() .. "-" .. sent
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"code":503,"endpoint":"https://shop.example/hooks/orders","message":"Service Unavailable"}'
if kind == "generic" then
  request = function()
    return wrk.format(nil, nil, nil, '{"event":"failed","id":"' .. id() ..
      '","data":{"url":"https://shop.example/hooks/orders","status":503,"error":"Service Unavailable"}}')
  end
elseif kind == "storm" then
  request = function()
    local url = "https://shop-" .. id() .. ".example/hooks/orders"
    return wrk.format(nil, nil, nil, '{"code":' .. 400 + sent % 200 .. ',"endpoint":"' .. url .. '","message":"no answer from ' .. url .. '"}')
  end
elseif kind == "knative" then
  wrk.headers["ce-specversion"] = "1.0"
  wrk.headers["ce-source"] = "/orders"
  wrk.headers["ce-type"] = "com.example.order"
  wrk.headers["ce-knativeerrordest"] = "http://orders.shop.svc.cluster.local/"
  wrk.headers["ce-knativeerrorcode"] = "503"
  wrk.headers["ce-knativeerrordata"] = "U2VydmljZSBVbmF2YWlsYWJsZQ=="
  request = function()
    wrk.headers["ce-id"] = id()
    return wrk.format()
  end
end

-- BENCH_SERIES: label sets that the reports are spread over, 20 codes an endpoint.
local series = tonumber(os.getenv("BENCH_SERIES") or "1")
if series > 1 then
  local formatted = {}
  local next = 0
  request = function()
    next = next % series + 1
    if not formatted[next] then
      formatted[next] = wrk.format(nil, nil, nil, string.format(
        '{"code":%d,"endpoint":"https://shop%d.example/hooks/orders","message":"Service Unavailable"}',
        500 + next % 20, math.floor((next - 1) / 20)))
    end
    return formatted[next]
  end
end

-- BENCH_PAUSE: milliseconds, on average, before each report of a connection.
local pause = tonumber(os.getenv("BENCH_PAUSE") or "0")
if pause > 0 then
  function delay() return math.floor(math.random() * 2 * pause + 0.5) end
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")
