/** Ends the job with one sentence and exit code 2: another run would fail in the same way. */
export class Stop extends Error {
  code = 2
}
