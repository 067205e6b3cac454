/** Bytes of a new buffer; it grows as needed. */
const INITIAL = 16 * 1_024

/** Writes Protocol Buffers fields one after the other into a buffer, with room for what is known last but comes first. */
export class ProtobufWriter {
  readonly #room: number
  #bytes = new Uint8Array(INITIAL)
  #position: number

  /** @param room bytes left free at the beginning, less than a few KiB */
  constructor(room = 0) {
    this.#room = room
    this.#position = room
  }

  /** Where the next byte goes, from the beginning of the buffer. */
  get position(): number {
    return this.#position
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#position - this.#room
  }

  /** Ends what was written. @returns a copy */
  copy(): Uint8Array {
    const copy = this.#bytes.slice(this.#room, this.#position)
    this.#position = this.#room
    return copy
  }

  /**
   * Ends what was written, with `before` in front of it. @param before fits the room
   * @param next the buffer to write on in; what was in it is lost
   */
  take(before: Uint8Array, next?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const start = this.#room - before.length
    this.#bytes.set(before, start)
    const taken = this.#bytes.subarray(start, this.#position)
    // A little longer than the last one, since batches are alike.
    this.#bytes = next ? new Uint8Array(next) : new Uint8Array(Math.max(INITIAL, Math.ceil(1.25 * this.#position)))
    this.#position = this.#room
    return taken
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
    const bytes = this.#bytes
    const position = this.#position
    bytes[position] = value
    bytes[position + 1] = value >>> 8
    bytes[position + 2] = value >>> 16
    bytes[position + 3] = value >>> 24
    this.#position = position + 4
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
    for (let index = 0; index < digits.length; index += 2)
      this.#bytes[this.#position++] = (nibble(digits.charCodeAt(index)) << 4) | nibble(digits.charCodeAt(index + 1))
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  /** Overwrites bytes that were written. @param at as of `position` @param text ASCII */
  replaceText(at: number, text: string): void {
    const bytes = this.#bytes
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
  }

  /** As `replaceText`. */
  replaceFixed64(at: number, low: number, high: number): void {
    const end = this.#position
    this.#position = at
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

  /**
   * Begins a nested message, after its tag.
   * @param digits bytes that its length will probably take; another number costs a move of the message
   * @returns what `close` needs
   */
  open(digits: 1 | 2 = 1): number {
    this.#reserve(digits)
    this.#position += digits
    return this.#position
  }

  /** Writes the length of a nested message before it. @param digits as of `open` */
  close(opened: number, digits: 1 | 2 = 1): void {
    const length = this.#position - opened
    const more = varintSize(length) - digits
    // While the position is behind the message: growing copies what precedes it.
    this.#reserve(10)
    if (more !== 0) this.#bytes.copyWithin(opened + more, opened, this.#position)
    const end = this.#position + more
    this.#position = opened - digits
    this.varint(length)
    this.#position = end
  }

  #reserve(size: number): void {
    const needed = this.#position + size
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = grown
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
