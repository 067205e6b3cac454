/** PostgreSQL's text holds no NUL; the raw body keeps what was sent. */
export const text = (value: string): string => (value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value)

/** Rows from one array per column: the statement's text is the same for any number of rows. @param first parameter number */
export const unnest = (types: readonly string[], first = 1): string =>
  `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')})`
