import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { entry, INCIDENTS } from '../journal/entries.ts'
import { tempFolder } from './temp.ts'

/** A SQLite journal with that many failures. @returns its path */
export async function filledJournal(count: number, message: string): Promise<string> {
  const path = join(tempFolder(), 'journal.db')
  const journal = openSqliteJournal({
    path,
    retention: { age: 30 * 86_400_000, size: 2 ** 30 },
    clock: Date.now,
    incidents: INCIDENTS,
    events: { onOpened() {}, onSnapshot() {}, onFault() {}, onCommitted() {}, onExpired() {} },
  })
  await journal.open()
  await Promise.all(Array.from({ length: count }, () => journal.record(entry({ message }))))
  await journal.close(20_000)
  return path
}

export interface StalledReader {
  /** What came before it stopped reading: at least the head. */
  readonly head: string
  readonly socket: Socket
  readonly closed: () => boolean
}

/** Asks, reads the beginning of the answer, and then no more. */
export function stalledReader(origin: string, path: string, headers: string[] = []): Promise<StalledReader> {
  const { hostname, port, host } = new URL(origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let closed = false
    socket.on('error', () => {})
    socket.once('close', () => {
      closed = true
      reject(new Error('closed before an answer came'))
    })
    socket.write(`${[`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`)
    socket.once('data', (chunk) => {
      socket.pause()
      resolve({ head: chunk.toString('latin1'), socket, closed: () => closed })
    })
  })
}

/** Watches the memory of a process that is its own: without the pages of files, such as Node's, that all processes share. */
export function watchMemory(pid: number): { stop(): { readonly own: number; readonly resident: number } } {
  const read = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024
  let own = 0
  const look = () => {
    own = Math.max(own, read('RssAnon'))
  }
  const timer = setInterval(look, 20)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return { own, resident: read('VmHWM') }
    },
  }
}
