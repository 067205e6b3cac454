import type { DatabaseSync } from 'node:sqlite'
import { freeBytesInFile } from './database.ts'
import { freeBytes } from './filesystem.ts'
import type { Group } from './rows.ts'

/**
 * The room that a database has, on its volume and in its own free pages. Some is kept for retention, which has to write as
 * well: on a full volume nothing can be removed, whatever the limits say.
 */
export class Room {
  readonly #file: string
  readonly #freeBytes: () => number
  readonly #kept: number
  /** Bytes at the last look. */
  #onVolume = 0
  #inFile = 0
  #walBytes = 0

  /** @param kept bytes */
  constructor(file: string, db: DatabaseSync, kept: number) {
    this.#file = file
    this.#freeBytes = freeBytesInFile(db)
    this.#kept = kept
  }

  /** Call it after each checkpoint: until the next one, only the WAL grows. @param walBytes of its file */
  look(walBytes: number): void {
    this.#onVolume = freeBytes(this.#file)
    this.#inFile = this.#freeBytes()
    this.#walBytes = walBytes
  }

  /** Whether so many bytes of rows fit into the WAL and, together with what is in it, into the file. @param walBytes of its file */
  holds(bytes: number, walBytes: number): boolean {
    const onVolume = this.#onVolume - (walBytes - this.#walBytes) - this.#kept
    return onVolume >= bytes && onVolume + this.#inFile >= walBytes + 2 * bytes
  }
}

/** Bytes that the rows of a group take at most: a message is stored beside the body that it was read from. */
export const bytesOf = ({ bodies, rows }: Pick<Group, 'bodies' | 'rows'>): number =>
  2 * bodies.byteLength + 1_024 * rows.length
