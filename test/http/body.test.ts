import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { AppError } from '../../src/errors.ts'
import { readBody } from '../../src/http/shared/body.ts'
import { until } from '../support/temp.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const MIB = 2 ** 20

describe('readBody()', () => {
  let server: Server
  const sockets: Socket[] = []
  const bodies: Buffer[] = []
  const codes: string[] = []

  beforeEach(async () => {
    server = createServer((request, response) => {
      readBody(request, { limit: MIB, timeout: 60_000 }).then(
        (body) => {
          bodies.push(body)
          response.end()
        },
        (error: AppError) => {
          codes.push(error.code)
          response.writeHead(503).end()
        },
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const list of [bodies, codes]) list.splice(0)
    server.close()
    await once(server, 'close')
  })

  async function send(header: string): Promise<Socket> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    socket.resume().write(`POST / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`)
    return socket
  }

  it('takes little more memory for a body than it has bytes, however small its chunks are', async () => {
    const socket = await send('Transfer-Encoding: chunked')
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index & 0x7f))
    let text = ''
    for (const byte of bytes) text += `1\r\n${String.fromCharCode(byte)}\r\n`
    gc()
    const before = process.memoryUsage().heapUsed
    socket.write(text)
    await until('all to be read', () => socket.bytesWritten > text.length && socket.writableLength === 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    gc()
    const kept = process.memoryUsage().heapUsed - before
    socket.write('0\r\n\r\n')
    await until('the end', () => bodies.length === 1)
    expect(bodies[0]!.equals(bytes)).to.equal(true)
    expect(kept / MIB).to.be.below(4)
  })

  it('keeps at most 64 MiB of bodies that have not ended, and refuses more', async () => {
    const start = async () => (await send(`Content-Length: ${MIB}`)).write(Buffer.alloc(MIB - 1, 'x'))
    await Promise.all(Array.from({ length: 80 }, start))
    await until('the refusals', () => codes.length >= 16)
    expect(new Set(codes)).to.deep.equal(new Set(['overloaded']))
    for (const socket of sockets) socket.write('x')
    await until('the others', () => bodies.length + codes.length === 80)
    expect(bodies.length).to.be.within(48, 64)
    expect(bodies.every((body) => body.equals(Buffer.alloc(MIB, 'x')))).to.equal(true)
    // There is room again.
    const before = bodies.length
    ;(await send(`Content-Length: ${MIB}`)).write(Buffer.alloc(MIB, 'x'))
    await until('another one', () => bodies.length > before)
  })
})
