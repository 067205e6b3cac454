/** Groups that are written without optimism after a conflict: other replicas write to the same endpoints then. */
const PAUSE = 64

/** Whether groups may be written on the assumption that no other replica changes their endpoints meanwhile. */
export class OptimisticWrites {
  #paused = 0

  isAllowed(): boolean {
    if (this.#paused > 0) this.#paused--
    return this.#paused === 0
  }

  /** Another replica had changed an endpoint. */
  recordConflict(): void {
    this.#paused = PAUSE
  }

  /** The database does not support the statement. */
  disable(): void {
    this.#paused = Number.POSITIVE_INFINITY
  }
}
