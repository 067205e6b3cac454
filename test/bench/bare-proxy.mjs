import { createServer } from 'node:http'
import Pool from 'undici/lib/dispatcher/pool.js'

/**
 * The other side of the proxy's benchmark: the thinnest pass-through that undici allows, between Node's own server and one
 * pool, streaming both ways. It removes the usual hop-by-hop headers by name and nothing else: it adds no header, checks no
 * target, keeps no copy, counts nothing and retries nothing. Plain JavaScript, since stripping types would cost it memory.
 * Prints its port.
 */
const pool = new Pool(process.env.UPSTREAM, { headersTimeout: 0, bodyTimeout: 0, allowH2: false })
const server = createServer((request, response) => {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = request.headers
  pool.dispatch(
    { method: request.method, path: request.url, headers, body: request },
    {
      onRequestStart() {},
      onResponseStart(_, status, received) {
        const { connection: __, 'keep-alive': ___, 'transfer-encoding': ____, ...rest } = received
        response.writeHead(status, rest)
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd: () => response.end(),
      onResponseError: () => response.destroy(),
    },
  )
}).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }))
})
