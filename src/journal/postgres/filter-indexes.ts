/** Indexes of failures for filters, by name: each ends with the id, so that a page is read in its order. */
export const INDEXES: Readonly<Record<string, string>> = {
  failures_source: '(source, id)',
  failures_code: '(code, id)',
  failures_cause: '(cause, id)',
}
