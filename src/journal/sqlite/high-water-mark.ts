import { closeSync, openSync, readSync, writeSync } from 'node:fs'

const WIDTH = 20

/**
 * The high-water mark next to the database: how many failures were ever committed. SQLite drops every commit from a
 * damaged place of its WAL on and calls the result whole; only a number outside can tell. It is written without fsync,
 * so after a power cut it may be behind, which hides a loss but never invents one.
 */
export class HighWaterMark {
  readonly #fd: number

  constructor(path: string) {
    // 'a+' would ignore positions, 'w+' would empty it, 'r+' does not create: so create it first.
    closeSync(openSync(path, 'a', 0o600))
    this.#fd = openSync(path, 'r+')
  }

  /** @returns the count; 0 if there is none, or it cannot be read */
  read(): number {
    const bytes = Buffer.alloc(WIDTH)
    const text = bytes.toString('latin1', 0, readSync(this.#fd, bytes, 0, WIDTH, 0))
    return /^\d+ *\n?$/.test(text) ? Number(text) : 0
  }

  write(count: number): void {
    writeSync(this.#fd, `${String(count).padEnd(WIDTH - 1)}\n`, 0)
  }

  /** As `write`. The mark is only a witness: where it cannot be written, the commit still stands. */
  tryWrite(count: number): void {
    try {
      this.write(count)
    } catch {
      // It is behind then, as after a power cut.
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}
