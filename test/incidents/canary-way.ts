import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'

/** A TCP proxy between the public URL and the service, which can be cut, delayed, or lead elsewhere. */
export class Way {
  target = 0
  delay = 0
  /** When the first connection came, as `performance.now()` has it. */
  first: number | undefined
  #sockets = new Set<Socket>()
  #server: TcpServer | undefined
  #port = 0

  async open(): Promise<void> {
    this.#server = createTcpServer((near) => {
      this.first ??= performance.now()
      const far = connect(this.target, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket
          .on('error', () => {})
          .on('close', () => {
            near.destroy()
            far.destroy()
          })
      }
      setTimeout(() => near.pipe(far), this.delay)
      far.pipe(near)
    })
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    await closed
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/webhooks/error`
  }
}
