wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"event":"order.created","id":"0123456789","items":[{"sku":"burger","count":2},{"sku":"fries","count":1}]}'

-- Milliseconds between an answer and the next request on its connection, for less than full load.
local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
  function delay() return pause end
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "result.lua")
