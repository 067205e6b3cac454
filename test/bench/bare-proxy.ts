import { createServer } from 'node:http'
import Pool from 'undici/lib/dispatcher/pool.js'

/** The other side of the proxy's benchmark: undici between two sockets, and nothing else. Prints its port. */
const pool = new Pool(process.env['UPSTREAM']!, { headersTimeout: 0, bodyTimeout: 0 })
const server = createServer((request, response) => {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = request.headers
  const { method = 'GET', url = '/' } = request
  pool.dispatch(
    { method: method as 'POST', path: url, headers, body: request },
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
  console.log(JSON.stringify({ port: (server.address() as { port: number }).port }))
})
