import { globSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { requireProgram } from './programs.ts'
import { tempFolder } from './temp.ts'

/** The wall clock of a process, to be set while it runs. Its monotonic clock goes on. */
export interface FakeClock {
  readonly env: Record<string, string>
  /** @param seconds that the clock is ahead; negative: behind */
  set(seconds: number): void
}

/** A clock that is right until it is set; or the test is skipped. */
export async function fakeClock(context: Mocha.Context): Promise<FakeClock> {
  const { path } = await requireProgram(context, 'faketime')
  const [library] = globSync(join(dirname(dirname(path)), 'lib/*/faketime/libfaketime.so.1'))
  if (library === undefined) throw new Error(`${path} has no library beside it`)
  const folder = tempFolder()
  // A space in LD_PRELOAD separates two libraries.
  const preload = join(folder, 'libfaketime.so.1')
  symlinkSync(library, preload)
  const file = join(folder, 'faketime')
  // Renamed: the library ends a process that reads the file while it is empty.
  const set = (seconds: number) => {
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
    renameSync(`${file}.new`, file)
  }
  set(0)
  return {
    set,
    env: {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
  }
}
