-- Prints one line of JSON that load.ts reads. Answers of 400 and above are not accepted ones. wrk counts them itself: a function
-- of our own for each answer would take a tenth of its time, on the processors that are measured.
function done(summary, latency)
  io.write(string.format('RESULT {"accepted":%d,"seconds":%f,"p50":%f,"p99":%f,"errors":%d}\n',
    summary.requests - summary.errors.status, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
