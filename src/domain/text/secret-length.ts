/** Characters of the secrets that operators choose themselves (admin tokens, the canary's secret): 128 bits as hexadecimal. */
export const MIN_SECRET_LENGTH = 32

/** What is wrong with a short secret, and the fix. @param what begins the sentence: `a token`, `the secret` */
export const tooShort = (what: string, length: number, least = MIN_SECRET_LENGTH): string =>
  `${what} has ${length} ${length === 1 ? 'character' : 'characters'}; write at least ${least}, for example the output of: openssl rand -hex 32`
