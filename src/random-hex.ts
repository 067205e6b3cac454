import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafe(4_096)
let used = pool.length

/** As many random bytes, as lower-case hexadecimal digits. One call to the kernel serves some hundred times. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
