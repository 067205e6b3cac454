import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { authority } from '../support/certificates.ts'
import { blackHole, type Listening, listening } from '../support/sockets.ts'

/** One way to the application, broken until it is fixed. */
export interface Way {
  readonly port: number
  fix(): Promise<void>
  close(): Promise<void>
}

const answering = (status: number) =>
  createHttpServer((_, response) => {
    response.writeHead(status).end()
  })

/** An HTTPS server whose certificate ended 40 minutes ago, until it is renewed and reloaded. */
export async function expired(): Promise<Way & { readonly ca: string }> {
  const issuer = await authority('Example authority')
  const issue = (notAfter: Date) => issuer.issue({ names: ['localhost'], notAfter })
  const server = createHttpsServer(await issue(new Date(Date.now() - 40 * 60_000)), (_, response) => {
    response.writeHead(204).end()
  })
  const open = await listening(server as unknown as Server)
  return {
    port: open.port,
    ca: issuer.cert,
    fix: async () => server.setSecureContext(await issue(new Date(Date.now() + 90 * 86_400_000))),
    close: () => open.close(),
  }
}

/** A port that swallows connections, as behind a firewall that drops; once fixed, the application answers there. */
export async function dropped(): Promise<Way> {
  let open: Listening = await blackHole()
  const { port } = open
  return {
    port,
    async fix() {
      await open.close()
      open = await listening(answering(204), '127.0.0.1', port)
    },
    close: () => open.close(),
  }
}

/** An application that is well. */
export const healthy = (): Promise<Listening> => listening(answering(204))
