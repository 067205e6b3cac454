import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireProgram } from './programs.ts'
import { tempFolder } from './temp.ts'

export interface FaultyDisk {
  /** For the service: every fsync and fdatasync hangs or fails while `hang` or `fail` is in force. */
  readonly env: Record<string, string>
  hang(): void
  /** With EIO, as a broken device does. */
  fail(): void
  release(): void
}

const SOURCE = `extern int access(const char *, int);
extern int usleep(unsigned);
extern char *getenv(const char *);
extern int *__errno_location(void);
static int sync(void) {
  while (access(getenv("HANG_WHILE"), 0) == 0) usleep(10000);
  if (access(getenv("FAIL_WHILE"), 0) != 0) return 0;
  *__errno_location() = 5;
  return -1;
}
int fsync(int fd) { return sync(); }
int fdatasync(int fd) { return sync(); }
`

/** A disk that does not answer, or fails, as a library under the real service. A tracer's delay will not do: it outlives a SIGKILL. */
export async function faultyDisk(context: Mocha.Context): Promise<FaultyDisk> {
  const tcc = await requireProgram(context, 'tcc')
  const folder = tempFolder()
  const [source, library, hanging, failing] = ['disk.c', 'disk.so', 'hang', 'fail'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  writeFileSync(source, SOURCE)
  await promisify(execFile)(tcc.path, ['-shared', '-nostdlib', '-o', library, source], { env: tcc.env })
  return {
    env: { LD_PRELOAD: library, HANG_WHILE: hanging, FAIL_WHILE: failing },
    hang: () => writeFileSync(hanging, ''),
    fail: () => writeFileSync(failing, ''),
    release() {
      for (const flag of [hanging, failing]) rmSync(flag, { force: true })
    },
  }
}
