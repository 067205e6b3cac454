import { closeSync, openSync, readSync } from 'node:fs'

/** Bytes before the first frame, and before the page in each frame (sqlite.org/fileformat2.html, section 4.1). */
export const WAL_HEADER = 32
export const FRAME_HEADER = 24

/** Bytes of a page, which is SQLite's default. */
export const PAGE = 4_096

const BIG_ENDIAN = 0x377f0683
const LITTLE_ENDIAN = 0x377f0682

/**
 * Whether the first frames of a WAL are what was written: each has the checksum of all that comes before it.
 * @throws what the file system throws
 */
export function areFramesWhole(path: string, frames: number): boolean {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(WAL_HEADER)
    if (readSync(file, header, 0, WAL_HEADER, 0) < WAL_HEADER) return frames === 0
    const magic = header.readUInt32BE(0)
    if (magic !== BIG_ENDIAN && magic !== LITTLE_ENDIAN) return frames === 0
    const sums = new Checksum(magic === BIG_ENDIAN)
    if (!sums.add(header, 0, 24).equals(header, 24)) return false
    const frame = Buffer.alloc(FRAME_HEADER + PAGE)
    for (let index = 0; index < frames; index++) {
      if (readSync(file, frame, 0, frame.length, WAL_HEADER + index * frame.length) < frame.length) return false
      if (!sums.add(frame, 0, 8).add(frame, FRAME_HEADER, frame.length).equals(frame, 16)) return false
    }
    return true
  } finally {
    closeSync(file)
  }
}

/**
 * The numbers, from 1, of the pages in some frames of a WAL.
 * @param first from 0
 * @param end the frame after the last one
 * @throws what the file system throws
 */
export function pagesOfFrames(path: string, first: number, end: number): Set<number> {
  const pages = new Set<number>()
  const file = openSync(path, 'r')
  try {
    const number = Buffer.alloc(4)
    for (let index = first; index < end; index++) {
      const at = WAL_HEADER + index * (FRAME_HEADER + PAGE)
      if (readSync(file, number, 0, 4, at) === 4) pages.add(number.readUInt32BE(0))
    }
  } finally {
    closeSync(file)
  }
  return pages
}

/** SQLite's checksum of a WAL, which goes on from frame to frame. */
class Checksum {
  readonly #isBigEndian: boolean
  #first = 0
  #second = 0

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian
  }

  /** @param end a multiple of 8 bytes after `start` */
  add(bytes: Buffer, start: number, end: number): this {
    const word = (at: number) => (this.#isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))
    for (let at = start; at < end; at += 8) {
      this.#first = (this.#first + word(at) + this.#second) >>> 0
      this.#second = (this.#second + word(at + 4) + this.#first) >>> 0
    }
    return this
  }

  /** Whether it is what is stored in a header, always in big-endian. */
  equals(header: Buffer, at: number): boolean {
    return header.readUInt32BE(at) === this.#first && header.readUInt32BE(at + 4) === this.#second
  }
}
