import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the tests' platform reports unless a test says otherwise. */
export const REPORT = { code: 503, endpoint: 'https://shop.example/hooks/orders', message: 'Service Unavailable' }

/** Reports one failure as a platform does. `body` goes out as JSON unless it is text or bytes. */
export function report(
  ingest: string,
  body: unknown = REPORT,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${ingest}/webhooks/error`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as Buffer) : JSON.stringify(body),
  })
}

/** @returns status and parsed body */
export async function answer(
  response: Promise<Response> | Response,
  // biome-ignore lint/suspicious/noExplicitAny: a parsed answer is looked at field by field
): Promise<{ status: number; body: any; headers: Headers }> {
  const it = await response
  const text = await it.text()
  return { status: it.status, headers: it.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/** The sum of all samples of a metric whose line holds each of the given pieces. */
export function sum(exposition: string, metric: string, ...pieces: readonly string[]): number {
  return exposition
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .filter((line) => pieces.every((piece) => line.includes(piece)))
    .reduce((total, line) => total + Number(/ ([^ ]+)$/.exec(line.split(' # ')[0]!)?.[1]), 0)
}

export const scrape = async (admin: string, headers: Record<string, string> = {}): Promise<string> =>
  (await fetch(`${admin}/metrics`, { headers })).text()

/**
 * Sends bytes as they are and returns all that came back until the other side closed, or until `until` matches. A list is
 * sent piece by piece, in Latin-1, with a short wait after each; null ends what is sent.
 */
export function raw(
  origin: string,
  bytes: string | Uint8Array | readonly (string | null)[],
  { until, patience = 15_000 }: { until?: RegExp; patience?: number } = {},
): Promise<string> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    let text = ''
    const isWhole = typeof bytes === 'string' || bytes instanceof Uint8Array
    const target = { port: Number(port), host: hostname, allowHalfOpen: !isWhole, noDelay: true }
    const socket = connect(target, () => (isWhole ? socket.write(bytes) : sendPieces(socket, bytes)))
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no end after ${patience} ms; so far: ${text}`))
    }, patience)
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (until?.test(text)) done()
    })
    socket.on('end', done).on('close', done).on('error', done)
  })
}

async function sendPieces(socket: Socket, pieces: readonly (string | null)[]): Promise<void> {
  for (const [at, piece] of pieces.entries()) {
    // Together with the last bytes, before there can be an answer.
    if (piece === null || pieces[at + 1] === null) return void socket.end(piece ?? '', 'latin1')
    if (socket.writable) await new Promise((sent) => socket.write(piece, 'latin1', sent))
    if (pieces.length > 1) await sleep(piece?.length === 1 ? 1 : 30)
  }
}
