import { AppError } from '../../errors.ts'

/** What was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly problem: string }

/** Milliseconds that a page waits for the journal: it is more useful without it than late. */
const WAIT = 2_000

/** Reads for a page: a journal that is down or slow is a sentence on it. @throws what the journal did not cause */
export async function reading<T>(source: Promise<T>): Promise<Reading<T>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Reading<T>>((resolve) => {
    timer = setTimeout(() => resolve({ problem: `the journal did not answer within ${WAIT / 1_000} seconds` }), WAIT)
  })
  try {
    return await Promise.race([source.then((value) => ({ value })), late])
  } catch (error) {
    if (error instanceof AppError && error.code === 'journal_unavailable') return { problem: error.message }
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** For a page that is about nothing else. @throws AppError `journal_unavailable` */
export async function required<T>(source: Promise<T>): Promise<T> {
  const it = await reading(source)
  if ('problem' in it) throw new AppError('journal_unavailable', it.problem, { retryAfter: 5 })
  return it.value
}
