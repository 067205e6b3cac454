import type { Clock } from '../../domain/ports/clock.ts'
import type { Session } from './session.ts'

/**
 * The server's clock as this process knows it: what all replicas agree on, however wrong their own clocks are. Between
 * two looks it is carried on by a clock that never jumps.
 */
export class ServerClock {
  /** Tells the time until the server was asked for the first time. */
  readonly #own: Clock
  /** What is added to `performance.now()`. */
  #offset: number | undefined

  constructor(own: Clock) {
    this.#own = own
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#offset === undefined ? this.#own() : Math.round(performance.now() + this.#offset)
  }

  /** Asks the server. @returns its time, milliseconds since the epoch */
  async sync(session: Session): Promise<number> {
    const asked = performance.now()
    const [row] = await session.query<[number]>(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
    )
    const answered = performance.now()
    const server = row![0]
    // The server looked at its clock between question and answer. What is known stands as long as it agrees with that.
    const [least, most] = [server - answered, server + 1 - asked]
    this.#offset = Math.min(Math.max(this.#offset ?? (least + most) / 2, least), most)
    return this.now()
  }
}
