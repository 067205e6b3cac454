import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireProgram } from './programs.ts'
import { tempFolder } from './temp.ts'

export interface HangingDisk {
  /** For the service: every fsync and fdatasync hangs while `hang` is in force. */
  readonly env: Record<string, string>
  hang(): void
  release(): void
}

const SOURCE = `extern int access(const char *, int);
extern int usleep(unsigned);
extern char *getenv(const char *);
static int hang(void) { while (access(getenv("HANG_WHILE"), 0) == 0) usleep(10000); return 0; }
int fsync(int fd) { return hang(); }
int fdatasync(int fd) { return hang(); }
`

/** A disk that does not answer, as a library under the real service. A tracer's delay will not do: it outlives a SIGKILL. */
export async function hangingDisk(context: Mocha.Context): Promise<HangingDisk> {
  const tcc = await requireProgram(context, 'tcc')
  const folder = tempFolder()
  const [source, library, flag] = ['hang.c', 'hang.so', 'hang'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(source, SOURCE)
  await promisify(execFile)(tcc.path, ['-shared', '-nostdlib', '-o', library, source], { env: tcc.env })
  return {
    env: { LD_PRELOAD: library, HANG_WHILE: flag },
    hang: () => writeFileSync(flag, ''),
    release: () => rmSync(flag, { force: true }),
  }
}
