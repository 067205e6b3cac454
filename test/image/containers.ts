import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { program } from '../support/programs.ts'
import { clean, file, folder, WORK } from './work.ts'

const run = promisify(execFile)

/** buildah and podman with a storage of their own, below `WORK`. */
export interface Containers {
  /** @returns what it wrote on stdout */
  readonly inBuildah: (...args: string[]) => Promise<string>
  /** @returns what it wrote on stdout */
  readonly inPodman: (...args: string[]) => Promise<string>
  readonly runPodman: (...args: string[]) => Promise<{ stdout: string; stderr: string }>
  /** Path of the policy for signatures. */
  readonly policy: string
  /** Path of runc. */
  readonly runtime: string
}

/** Begins with nothing in `WORK`. @throws if one of the programs is unavailable */
export async function openContainers(): Promise<Containers> {
  const [buildah, podman, conmon, runc] = await Promise.all(
    (['buildah', 'podman', 'conmon', 'runc'] as const).map((name) => program(name)),
  )
  if (!buildah || !podman || !conmon || !runc) throw new Error('buildah, podman, conmon and runc are needed')
  clean()
  folder('.')
  const env = {
    ...podman.env,
    LD_LIBRARY_PATH: [buildah, podman, conmon, runc]
      .map((it) => it.env['LD_LIBRARY_PATH'])
      .filter(Boolean)
      .join(':'),
    CONTAINERS_CONF: file(
      'containers.conf',
      `[containers]\ndefault_ulimits = [${limits().join(', ')}]\n[engine]\nhelper_binaries_dir = [${helpers(podman.path).join(', ')}]\n`,
    ),
    PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
    TMPDIR: folder('tmp'),
  }
  const policy = file('policy.json', '{"default": [{"type": "insecureAcceptAnything"}]}')
  const registries = file('registries.conf', 'unqualified-search-registries = []\n')
  const storage = ['--root', join(WORK, 'storage'), '--runroot', join(WORK, 'run')]
  const inBuildah = async (...args: string[]) =>
    (
      await run(buildah.path, [...storage, '--registries-conf', registries, ...args], { env, maxBuffer: 2 ** 26 })
    ).stdout.trim()
  const runPodman = (...args: string[]) =>
    run(
      podman.path,
      [
        ...[...storage, '--conmon', conmon.path, '--runtime', runc.path],
        ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', ...args],
      ],
      { env, maxBuffer: 2 ** 26 },
    )
  const inPodman = async (...args: string[]) => (await runPodman(...args)).stdout.trim()
  return { inBuildah, inPodman, runPodman, policy, runtime: runc.path }
}

/** Where netavark lies beside podman, wherever that is; buildah looks for it in the system's folders alone. */
function helpers(path: string): string[] {
  return ['lib', 'libexec'].map((name) => JSON.stringify(join(dirname(path), '..', name, 'podman')))
}

/** Without the right to raise limits, a container may only have those of this process. */
function limits(): string[] {
  const text = readFileSync('/proc/self/limits', 'utf8')
  return ['nofile', 'nproc'].map((name) => {
    const label = name === 'nofile' ? 'Max open files' : 'Max processes'
    const [, hard] = new RegExp(`${label}\\s+\\S+\\s+(\\S+)`).exec(text)!
    const value = hard === 'unlimited' ? '-1' : hard
    return `"${name}=${value}:${value}"`
  })
}
