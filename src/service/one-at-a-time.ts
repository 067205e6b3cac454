/**
 * Runs work for each key one after the other: what is asked for while it runs is done once more at its end, however often it
 * was asked for. A batch of 1,000 reports asks 1,000 times for the verdict on one incident.
 */
export function oneAtATime(work: (key: string) => Promise<unknown>): (key: string) => void {
  const isAskedAgain = new Map<string, boolean>()
  const run = async (key: string): Promise<void> => {
    try {
      do {
        isAskedAgain.set(key, false)
        await work(key)
      } while (isAskedAgain.get(key))
    } finally {
      isAskedAgain.delete(key)
    }
  }
  return (key) => {
    if (isAskedAgain.has(key)) isAskedAgain.set(key, true)
    else void run(key)
  }
}
