/** A part of a chunk. */
export interface Bytes {
  readonly chunk: Uint8Array
  readonly start: number
  readonly end: number
}

/** Writes Protocol Buffers messages one after the other into chunks. A message is never split between two chunks. */
export class ProtobufWriter {
  readonly #chunkSize: number
  #bytes: Uint8Array
  #position = 0
  /** Where the current message begins. */
  #start = 0

  /** @param chunkSize bytes of a chunk, except for one that a longer message needs */
  constructor(chunkSize: number) {
    this.#chunkSize = chunkSize
    this.#bytes = new Uint8Array(chunkSize)
  }

  /** Bytes of the current message so far. */
  get size(): number {
    return this.#position - this.#start
  }

  /** Ends the current message and begins the next. @returns where the bytes are; they never change */
  finish(): Bytes {
    const message = { chunk: this.#bytes, start: this.#start, end: this.#position }
    this.#start = this.#position
    return message
  }

  /** @param type wire type: 0 varint, 1 fixed64, 2 with a length, 5 fixed32 */
  tag(field: number, type: 0 | 1 | 2 | 5): void {
    this.varint((field << 3) | type)
  }

  /** @param value an integer; a negative one takes ten bytes, as int64 does */
  varint(value: number): void {
    this.#reserve(10)
    let rest = value
    if (value < 0 || value > 0xffff_ffff) {
      let wide = BigInt.asUintN(64, BigInt(value))
      while (wide > 0x7fn) {
        this.#bytes[this.#position++] = Number(wide & 0x7fn) | 0x80
        wide >>= 7n
      }
      rest = Number(wide)
    }
    while (rest > 0x7f) {
      this.#bytes[this.#position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#position++] = rest
  }

  fixed32(value: number): void {
    this.#reserve(4)
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#position++] = value >>> shift
  }

  fixed64(low: number, high: number): void {
    this.fixed32(low)
    this.fixed32(high)
  }

  double(value: number): void {
    this.#reserve(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#position, value, true)
    this.#position += 8
  }

  /** Length and bytes of hexadecimal digits, an even number of them. */
  hex(digits: string): void {
    const length = digits.length >>> 1
    this.varint(length)
    this.#reserve(length)
    this.#position += length
    this.replaceHex(this.size - length, digits)
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  /** Overwrites bytes of the current message. @param at where, from its beginning */
  replaceHex(at: number, digits: string): void {
    const bytes = this.#bytes
    let position = this.#start + at
    for (let index = 0; index < digits.length; index += 2)
      bytes[position++] = (nibble(digits.charCodeAt(index)) << 4) | nibble(digits.charCodeAt(index + 1))
  }

  /** As `replaceHex`. @param text ASCII */
  replaceText(at: number, text: string): void {
    const bytes = this.#bytes
    const from = this.#start + at
    for (let index = 0; index < text.length; index++) bytes[from + index] = text.charCodeAt(index)
  }

  /** As `replaceHex`. */
  replaceFixed64(at: number, low: number, high: number): void {
    const end = this.#position
    this.#position = this.#start + at
    this.fixed64(low, high)
    this.#position = end
  }

  /** Length and UTF-8 bytes. */
  string(text: string): void {
    const { length } = text
    // Most strings are short and ASCII: a loop is faster than a call into the engine.
    this.varint(length)
    this.#reserve(length)
    const bytes = this.#bytes
    let position = this.#position
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) {
        this.#position -= varintSize(length)
        this.#encode(text)
        return
      }
      bytes[position++] = code
    }
    this.#position = position
  }

  #encode(text: string): void {
    const encoded = ENCODER.encode(text)
    this.varint(encoded.length)
    this.#reserve(encoded.length)
    this.#bytes.set(encoded, this.#position)
    this.#position += encoded.length
  }

  /** Begins a nested message, after its tag. @returns what `close` needs */
  open(): number {
    this.#reserve(1)
    return ++this.#position - this.#start
  }

  /** Writes the length of a nested message before it. */
  close(opened: number): void {
    const length = this.#position - this.#start - opened
    const more = varintSize(length) - 1
    if (more > 0) {
      this.#reserve(more)
      const from = this.#position - length
      this.#bytes.copyWithin(from + more, from, this.#position)
    }
    const end = this.#position + more
    this.#position -= length + 1
    this.varint(length)
    this.#position = end
  }

  #reserve(size: number): void {
    if (this.#position + size <= this.#bytes.length) return
    const written = this.#position - this.#start
    const chunk = new Uint8Array(Math.max(this.#chunkSize, 2 * (written + size)))
    chunk.set(this.#bytes.subarray(this.#start, this.#position))
    this.#bytes = chunk
    this.#start = 0
    this.#position = written
  }
}

const ENCODER = new TextEncoder()

/** Of a non-negative 32-bit integer. */
const varintSize = (value: number): number => {
  let size = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++
  return size
}

/** Of a lower-case hexadecimal digit. */
const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)
