import { createServer, type Server } from 'node:http'
import { FAULTS, isFault } from './faults.ts'
import type { Receiver } from './receiver.ts'

/**
 * Switches a receiver's fault over HTTP: `GET /fault`, `PUT /fault` with the fault as the body, or `POST /fault/NAME`. Each answers
 * with `{"fault", "received"}`.
 */
export const controlServer = (receiver: Receiver): Server =>
  createServer((request, response) => {
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => {
      if (chunks.length < 16) chunks.push(chunk)
    })
    request.on('end', () => {
      const [, named] = /^\/fault(?:\/([a-z0-9-]+))?$/.exec(request.url ?? '') ?? [undefined]
      const isKnown = /^\/fault(\/|$)/.test(request.url ?? '')
      if (!isKnown) return send(404, { detail: 'only /fault exists' })
      const state = () => ({ fault: receiver.fault, received: receiver.received })
      if (request.method === 'GET') return send(200, state())
      if (request.method !== 'PUT' && request.method !== 'POST')
        return send(405, { detail: 'GET, PUT with the fault as the body, or POST /fault/NAME' })
      const fault = named ?? Buffer.concat(chunks).toString().trim()
      if (!isFault(fault)) return send(422, { detail: `there is no such fault; known faults: ${FAULTS.join(', ')}` })
      return void receiver.setFault(fault).then(
        () => send(200, state()),
        ({ message }: Error) => send(500, { detail: message }),
      )
    })
  })
