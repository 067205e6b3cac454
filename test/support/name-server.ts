import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const A = 1
const NXDOMAIN = 3

/** IPv4 addresses of names. Null: a question about it is not answered. */
type Names = Readonly<Record<string, string | null>>

/** A DNS server (RFC 1035) on 127.0.0.1:53 that knows these names, and no other name. */
export async function nameServer(names: Names): Promise<{ close(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = reply(query, names)
    if (answer) socket.send(answer, from.port, from.address)
  })
  socket.bind(53, '127.0.0.1')
  await once(socket, 'listening')
  return { close: () => socket.close() }
}

function reply(query: Buffer, names: Names): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const question = query.subarray(12, at + 5)
  const address = names[labels.join('.').toLowerCase()]
  if (address === null) return undefined
  const isFound = address !== undefined && query.readUInt16BE(at + 1) === A
  const head = Buffer.alloc(12)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8180 | (address === undefined ? NXDOMAIN : 0), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(isFound ? 1 : 0, 6)
  if (!isFound) return Buffer.concat([head, question])
  const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([head, question, record])
}
