import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer } from '../support/http.ts'
import { type Service, stopServices } from '../support/service.ts'

/** The integrator's application: a real receiver that can be broken and fixed. */
export class Receiver {
  status = 204
  readonly requests: string[] = []
  #server: Server | undefined
  #port = 0

  async start(): Promise<void> {
    this.status = 204
    this.requests.length = 0
    this.#server = createServer((request, response) => {
      this.requests.push(request.method!)
      response.writeHead(this.status).end()
    })
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)))
    this.#server = undefined
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks/orders`
  }
}

export const get = async (service: Service, path: string) =>
  (await answer(fetch(`${service.admin}/api/v1/${path}`))).body

/** A receiver and the configuration of a service that probes it; both end after each test. */
export function useReceiver() {
  const receiver = new Receiver()
  afterEach(async () => {
    await receiver.stop()
    await stopServices()
  })

  const config = (more: object = {}) => ({
    outbound: { allow: ['127.0.0.1'] },
    incidents: { quietTime: '2s', goodProbes: 2 },
    endpoints: [{ name: 'orders', event: 'order.created', urls: [receiver.url], ...more }],
  })

  return { receiver, config }
}
