import { type ChildProcess, fork } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { freePort, tempFolder, until } from './temp.ts'

export interface KilledApp {
  readonly port: number
  /** Kills it without warning, and lets another process take its place after that many milliseconds. */
  kill(milliseconds: number): Promise<void>
  /** How often each body arrived. */
  requests(): ReadonlyMap<string, number>
  stop(): void
}

/**
 * An application in its own process that is killed and started again. It notes each request in a file before it
 * answers: what is in the file arrived, whatever became of the answer.
 */
export async function startKilledApp(): Promise<KilledApp> {
  const port = await freePort()
  const file = join(tempFolder(), 'requests')
  writeFileSync(file, '')
  const spawn = () => fork(import.meta.filename, [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const listen = async (child: ChildProcess) => {
    await new Promise((listening) => {
      child.once('message', listening)
      child.send(port)
    })
    return child
  }
  let current = await listen(spawn())
  // Starts in advance, so that the outage is as long as it is meant to be.
  let next = spawn()
  return {
    port,
    async kill(milliseconds) {
      const gone = new Promise((exited) => current.once('exit', exited))
      const back = performance.now() + milliseconds
      current.kill('SIGKILL')
      await gone
      await until('the end of the outage', () => performance.now() >= back)
      current = await listen(next)
      next = spawn()
    },
    requests() {
      const counts = new Map<string, number>()
      for (const body of readFileSync(file, 'utf8').split('\n').filter(Boolean))
        counts.set(body, (counts.get(body) ?? 0) + 1)
      return counts
    },
    stop() {
      current.kill('SIGKILL')
      next.kill('SIGKILL')
    },
  }
}

if (import.meta.main) {
  const file = process.argv[2]!
  process.once('message', (port: number) => {
    createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        appendFileSync(file, `${body}\n`)
        // A little work, so that some requests are in progress when it is killed.
        setTimeout(() => response.end('ok'), 5)
      })
    }).listen(port, '127.0.0.1', () => process.send!('listening'))
  })
  process.on('disconnect', () => process.exit())
}
