/** Milliseconds since the epoch. A parameter wherever time matters, so that tests need not wait. */
export type Clock = () => number
