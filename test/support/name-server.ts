import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const [A, AAAA] = [1, 28]
const NXDOMAIN = 3

/** Addresses of names. Null: a question about it is not answered. */
type Names = Readonly<Record<string, string | readonly string[] | null>>

/** A DNS server (RFC 1035) on port 53 that knows these names, and no other name. */
export async function nameServer(names: Names, host = '127.0.0.1'): Promise<{ close(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = reply(query, names)
    if (answer) socket.send(answer, from.port, from.address)
  })
  socket.bind(53, host)
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
  const known = names[labels.join('.').toLowerCase()]
  if (known === null) return undefined
  const type = query.readUInt16BE(at + 1)
  const records = [known ?? []]
    .flat()
    .filter((address) => type === (address.includes(':') ? AAAA : A))
    .map((address) => {
      // Of IPv6 only ::1 is needed.
      const bytes = type === A ? address.split('.').map(Number) : [...Buffer.alloc(15), 1]
      return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes])
    })
  const head = Buffer.alloc(12)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8180 | (known === undefined ? NXDOMAIN : 0), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, question, ...records])
}
