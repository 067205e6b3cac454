import { closeSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'

/** Bytes before the first frame, and before the page in each frame (sqlite.org/fileformat2.html, section 4.1). */
export const WAL_HEADER = 32
export const FRAME_HEADER = 24

/** Bytes of a page, which is SQLite's default. */
export const PAGE = 4_096

const FRAME = FRAME_HEADER + PAGE
const BIG_ENDIAN = 0x377f0683
const LITTLE_ENDIAN = 0x377f0682
const HOST = endianness() === 'LE' ? LITTLE_ENDIAN : BIG_ENDIAN

/** Frames that are read at once. */
const CHUNK = 16

/** SQLite's checksum, which goes on from frame to frame. */
type Sums = readonly [first: number, second: number]

/** Where a WAL was looked at last: everything up to there was as it was written. */
interface Position {
  readonly header: string
  readonly frames: number
  /** Those of the header, and those before the last frame. */
  readonly start: Sums
  readonly before: Sums
}

/** The frames of a WAL as they are in its file, which may have been cut while it was written. */
export class WalFrames {
  readonly #path: string
  readonly #header = Buffer.alloc(WAL_HEADER)
  readonly #chunk = Buffer.alloc(CHUNK * FRAME)
  #position: Position | undefined

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Whether the first frames are what was written: each has the checksum of all that comes before it. Those that were found
   * whole before are not read again, except the last one: in a file that was cut and written on, it is the first to be missing.
   * @throws what the file system throws
   */
  areWhole(frames: number): boolean {
    return withFile(this.#path, (file) => {
      const bytes = readSync(file, this.#header, 0, WAL_HEADER, 0)
      const magic = this.#header.readUInt32BE(0)
      if (bytes < WAL_HEADER || (magic !== BIG_ENDIAN && magic !== LITTLE_ENDIAN)) return frames === 0
      const begun = this.#begin(magic !== HOST)
      if (!begun) return false
      const { header, start } = begun
      const isKnown = begun.frames > 0 && begun.frames <= frames
      let index = isKnown ? begun.frames - 1 : 0
      let sums = isKnown ? begun.before : start
      let before = sums
      while (index < frames) {
        const count = Math.min(CHUNK, frames - index)
        const size = count * FRAME
        if (readSync(file, this.#chunk, 0, size, WAL_HEADER + index * FRAME) < size) return false
        if (magic !== HOST) this.#chunk.subarray(0, size).swap32()
        for (let at = 0; at < size; at += FRAME) {
          before = sums
          sums = add(this.#chunk, at + FRAME_HEADER, at + FRAME, add(this.#chunk, at, at + 8, sums))
          if (!isStored(sums, this.#chunk, at + 16, magic !== HOST)) return false
        }
        index += count
      }
      this.#position = { header, frames, start, before }
      return true
    })
  }

  /**
   * Numbers, from 1, of the pages in some frames; with the last frame of each, from 0.
   * @param end the frame after the last one
   * @throws what the file system throws
   */
  pages(first: number, end: number): Map<number, number> {
    return withFile(this.#path, (file) => {
      const pages = new Map<number, number>()
      for (let index = first; index < end; index++)
        if (readSync(file, this.#header, 0, 4, WAL_HEADER + index * FRAME) === 4)
          pages.set(this.#header.readUInt32BE(0), index)
      return pages
    })
  }

  /**
   * Whether something holds for the page of each of some frames.
   * @param end the frame after the last one
   * @param test the bytes of the page are there until it returns
   * @throws what the file system throws
   */
  every(first: number, end: number, test: (frame: number, page: number, bytes: Buffer) => boolean): boolean {
    return withFile(this.#path, (file) => {
      for (let chunk = first; chunk < end; chunk += CHUNK) {
        const size = Math.min(CHUNK, end - chunk) * FRAME
        if (readSync(file, this.#chunk, 0, size, WAL_HEADER + chunk * FRAME) < size) return false
        for (let at = 0; at < size; at += FRAME) {
          const bytes = this.#chunk.subarray(at + FRAME_HEADER, at + FRAME)
          if (!test(chunk + at / FRAME, this.#chunk.readUInt32BE(at), bytes)) return false
        }
      }
      return true
    })
  }

  /** What is known of the WAL with the header that was just read; undefined if the header is not whole. */
  #begin(isSwapped: boolean): Position | undefined {
    const header = this.#header.toString('latin1')
    if (header === this.#position?.header) return this.#position
    if (isSwapped) this.#header.swap32()
    const sums = add(this.#header, 0, 24, [0, 0])
    if (!isStored(sums, this.#header, 24, isSwapped)) return undefined
    return { header, frames: 0, start: sums, before: sums }
  }
}

/** @param end a multiple of 8 bytes after `start` */
function add(bytes: Buffer, start: number, end: number, [first, second]: Sums): Sums {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, (end - start) / 4)
  let a = first | 0
  let b = second | 0
  for (let index = 0; index < words.length; index += 2) {
    a = (a + words[index]! + b) | 0
    b = (b + words[index + 1]! + a) | 0
  }
  return [a >>> 0, b >>> 0]
}

/** Whether they are what is stored in a header, always in big-endian. */
function isStored([first, second]: Sums, bytes: Buffer, at: number, isSwapped: boolean): boolean {
  const word = (offset: number) => (isSwapped ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset))
  return word(at) === first && word(at + 4) === second
}

function withFile<T>(path: string, work: (file: number) => T): T {
  const file = openSync(path, 'r')
  try {
    return work(file)
  } finally {
    closeSync(file)
  }
}
