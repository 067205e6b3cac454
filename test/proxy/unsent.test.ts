import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { deliver, startProxyStage } from '../support/proxy-stage.ts'
import { until } from '../support/temp.ts'

/**
 * An application in a thread of its own, which resets its connections when it is told to, and then lets a thread go on that
 * waits for `flag`. It reports the header of each request.
 */
const APP = `
const { createServer } = require('node:http')
const { parentPort, workerData: flag } = require('node:worker_threads')
const sockets = new Set()
const server = createServer((request, response) => {
  parentPort.postMessage(request.headers)
  request.resume().once('end', () => response.end())
})
server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
parentPort.on('message', () => {
  for (const socket of sockets) socket.resetAndDestroy()
  setTimeout(() => {
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
  }, 50)
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

describe('the proxy and a connection that ends just before a request is written', () => {
  for (const retry of ['none', 'safe', 'idempotent'] as const)
    it(`sends once more what the kernel took no byte of, with ${retry}`, async () => {
      const flag = new Int32Array(new SharedArrayBuffer(4))
      const worker = new Worker(APP, { eval: true, workerData: flag })
      const [port] = (await once(worker, 'message')) as [number]
      const requests: Record<string, string>[] = []
      worker.on('message', (headers) => requests.push(headers))
      let isResetDue = false
      const stage = await startProxyStage(
        { upstream: `http://127.0.0.1:${port}`, retry },
        {
          metrics: {
            requestBegun() {
              if (!isResetDue) return
              // The proxy cannot notice the reset before it writes.
              worker.postMessage('reset')
              Atomics.wait(flag, 0, 0, 5_000)
            },
            attempted: (attempt) => attempts.push(attempt.code),
            deliveryEnded: (delivery) => ended.push(delivery.retry),
            otherEnded() {},
          },
        },
      )
      const attempts: unknown[] = []
      const ended: unknown[] = []
      try {
        expect((await deliver(stage.origin, { body: 'first' }))?.status).to.equal(200)
        isResetDue = true
        expect((await deliver(stage.origin, { body: 'second' }))?.status).to.equal(200)
        await until('the end', () => ended.length === 2)
        expect(attempts).to.deep.equal([200, 'unsent', 200])
        expect(ended[1]).to.deep.equal({ reason: 'unsent', result: 'saved' })
        expect(requests).to.have.lengthOf(2)
        expect(requests[1]).not.to.have.property('webhook-attempt')
      } finally {
        await stage.stop()
        await worker.terminate()
      }
    })
})
