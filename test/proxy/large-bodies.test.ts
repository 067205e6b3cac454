import { createCipheriv, createHash } from 'node:crypto'
import { connect } from 'node:net'
import { expect } from 'chai'
import { startProxyStage } from '../support/proxy-stage.ts'
import { http } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { MODES } from './stages.ts'

const MIB = 1_048_576
const SIZE = 24 * MIB

/** Bytes of every value that never repeat, and another 24 MiB of them for each name. */
const randomBlocks = (name: string) => {
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(name).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(MIB)
  return Array.from({ length: SIZE / MIB }, () => cipher.update(zeros))
}
const hash = (blocks: readonly Buffer[]) => {
  const digest = createHash('sha256')
  for (const block of blocks) digest.update(block)
  return digest.digest('hex')
}
/** Writes no faster than it is read. */
async function writeAll(blocks: readonly Buffer[], target: NodeJS.WritableStream, head = '', tail = ''): Promise<void> {
  for (const block of blocks) {
    if (head) target.write(head)
    if (!target.write(block)) await new Promise((next) => target.once('drain', next))
    if (tail) target.write(tail)
  }
}

describe('bodies of 24 MiB through the proxy, both ways at once', () => {
  for (const retry of MODES)
    for (const framing of ['Content-Length', 'chunks'] as const)
      it(`arrive byte for byte, with ${retry} and ${framing}`, async function () {
        this.timeout(60_000)
        const [sent, returned] = [randomBlocks(`${retry} request`), randomBlocks(`${retry} response`)]
        const received = createHash('sha256')
        let requests = 0
        const app = await http((request, response) => {
          requests += 1
          request.on('data', (chunk: Buffer) => received.update(chunk))
          if (framing === 'Content-Length') response.setHeader('Content-Length', SIZE)
          const read = new Promise((end) => request.once('end', end))
          // A response that is complete before the request would end it.
          void Promise.all([read, writeAll(returned.slice(0, -1), response)]).then(() => response.end(returned.at(-1)))
        })
        const stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry })
        const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1')
        try {
          const answer: Buffer[] = []
          socket.on('data', (chunk: Buffer) => answer.push(chunk))
          const ended = new Promise((end) => socket.once('end', end))
          const head = 'POST /hooks/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
          if (framing === 'chunks') {
            socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
            await writeAll(sent, socket, `${MIB.toString(16)}\r\n`, '\r\n')
            socket.write('0\r\n\r\n')
          } else {
            socket.write(`${head}Content-Length: ${SIZE}\r\n\r\n`)
            await writeAll(sent, socket)
          }
          await ended
          expect(received.digest('hex'), 'the request').to.equal(hash(sent))
          expect(hash([bodyOf(Buffer.concat(answer))]), 'the response').to.equal(hash(returned))
          expect(requests).to.equal(1)
          await until('the end', () => stage.codes().length === 1)
          expect(stage.codes()).to.deep.equal([200])
          expect(stage.retries()).to.deep.equal([])
        } finally {
          socket.destroy()
          await stage.stop()
          await app.close()
        }
      })
})

/** The body of a response, out of its chunks if it has any. */
function bodyOf(answer: Buffer): Buffer {
  const end = answer.indexOf('\r\n\r\n') + 4
  if (!/^transfer-encoding: chunked\r$/im.test(answer.toString('latin1', 0, end))) return answer.subarray(end)
  const chunks: Buffer[] = []
  for (let at = end; ; ) {
    const line = answer.indexOf('\r\n', at)
    const size = Number.parseInt(answer.toString('latin1', at, line), 16)
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(answer.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
