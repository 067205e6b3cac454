import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { createCopySpace } from '../../src/proxy/copies.ts'
import { RequestBody } from '../../src/proxy/request-body.ts'
import { until } from '../support/temp.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('RequestBody', () => {
  it('keeps a copy that takes little more memory than it has bytes, however small its chunks are', async () => {
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index & 0x7f))
    let body: RequestBody | undefined
    let seen = 0
    const server = createServer(async (request) => {
      await undefined
      body = new RequestBody(request, createCopySpace())
      ;(body.next() as Readable).on('data', (chunk: Buffer) => {
        seen += chunk.length
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    try {
      let text = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
      for (const byte of bytes) text += `1\r\n${String.fromCharCode(byte)}\r\n`
      gc()
      const before = process.memoryUsage().heapUsed
      socket.write(text)
      await until('all to be read', () => seen === bytes.length)
      gc()
      expect((process.memoryUsage().heapUsed - before) / 2 ** 20).to.be.below(4)
      socket.write('0\r\n\r\n')
      await until('the end', () => body!.isComplete)
      const copy: Buffer[] = []
      for await (const chunk of body!.next() as Readable) copy.push(chunk as Buffer)
      expect(Buffer.concat(copy).equals(bytes)).to.equal(true)
    } finally {
      socket.destroy()
      server.close()
    }
  })
})
