import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FaultError } from '../core/fault.ts'
import { isStoredSignal } from '../core/records.ts'
import type { RefusedRecord } from './spill-target.ts'

/**
 * Acknowledged reports that the database refuses one by one, kept for a person to look at: a file with one JSON object per
 * line, written as durably as the journal, so that they neither block the reports behind them nor are lost.
 */
export class SetAside {
  readonly path: string
  readonly #limit: number
  #count = 0
  /** One after the other. */
  #last = Promise.resolve()

  /** @param limit bytes that the file may have */
  constructor(path: string, limit: number) {
    this.path = path
    this.#limit = limit
  }

  /** Records in the file. */
  get count(): number {
    return this.#count
  }

  /** Counts what earlier processes left. */
  async open(): Promise<void> {
    let lines = 0
    try {
      for await (const chunk of createReadStream(this.path) as AsyncIterable<Buffer>)
        for (const byte of chunk) if (byte === 0x0a) lines++
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    this.#count = lines
  }

  /**
   * Resolves once they are durable. A record may be there twice if the process ended before it was removed elsewhere.
   * @throws FaultError
   */
  add(refused: readonly RefusedRecord[]): Promise<void> {
    const added = this.#last.then(() => this.#add(refused))
    this.#last = added.catch(() => {})
    return added
  }

  async #add(refused: readonly RefusedRecord[]): Promise<void> {
    const text = refused.map(lineOf).join('')
    const size = await stat(this.path).then(
      (file) => file.size,
      () => 0,
    )
    // It was moved away meanwhile.
    if (size === 0) this.#count = 0
    if (size + Buffer.byteLength(text) > this.#limit) {
      throw new FaultError(
        'io',
        `${this.path} is full: the database refuses too many reports; look into it, then move it away`,
      )
    }
    try {
      await this.#append(text)
    } catch (error) {
      throw new FaultError('io', `${this.path} cannot be written (${(error as NodeJS.ErrnoException).code})`)
    }
    this.#count += refused.length
  }

  async #append(text: string): Promise<void> {
    const file = await open(this.path, 'a', 0o600)
    try {
      await file.appendFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (this.#count === 0) await syncFolder(dirname(this.path))
  }
}

function lineOf({ record, reason }: RefusedRecord): string {
  if (isStoredSignal(record)) return `${JSON.stringify({ reason, ...record })}\n`
  const { failure, idempotency, raw } = record
  return `${JSON.stringify({ reason, failure, idempotency, raw: Buffer.from(raw).toString('base64') })}\n`
}

/** So that a new file's name survives a power cut too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
