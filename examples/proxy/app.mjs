import { createServer } from 'node:http'

/**
 * An application that fails now and then: one delivery in five is answered 503, one in ten is cut off, and every ten
 * seconds it stops listening for half a second. It recognises a repeated delivery by its id, which `retry: idempotent` needs.
 */
const port = Number(process.env.PORT ?? 3000)
const done = new Set()

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const id = request.headers['webhook-id'] ?? ''
    if (done.has(id)) return response.end('done before\n')
    const luck = Math.random()
    if (luck < 0.2) return response.writeHead(503).end('not now\n')
    if (luck < 0.3) return request.socket.resetAndDestroy()
    if (id) done.add(id)
    response.end('done\n')
  })
})

function listen() {
  server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))
}
server.on('close', () => setTimeout(listen, 500))
listen()
setInterval(() => {
  server.close()
  server.closeAllConnections()
}, 10_000)
