import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { onPath } from '../../helm/tools/on-path.ts'

/**
 * Real programs for tests: the machine's own where they are on PATH, else Debian packages unpacked below `.cache/`.
 * Nothing is installed, no right of root is needed, and the system's package state stays as it is.
 */
interface Origin {
  readonly package: string
  /** Where the package has the program. */
  readonly path: string
}

export const PROGRAMS = {
  prometheus: { package: 'prometheus', path: 'usr/bin/prometheus' },
  promtool: { package: 'promtool', path: 'usr/bin/promtool' },
  alertmanager: { package: 'prometheus-alertmanager', path: 'usr/bin/prometheus-alertmanager' },
  amtool: { package: 'prometheus-alertmanager', path: 'usr/bin/amtool' },
  blackbox_exporter: { package: 'prometheus-blackbox-exporter', path: 'usr/bin/prometheus-blackbox-exporter' },
  // The package's usr/bin/chromium is a shell script with absolute paths.
  chromium: { package: 'chromium', path: 'usr/lib/chromium/chromium' },
  // Debian's package of another architecture has another path; then java has to be on PATH.
  java: { package: 'openjdk-21-jre-headless', path: 'usr/lib/jvm/java-21-openjdk-amd64/bin/java' },
  slowhttptest: { package: 'slowhttptest', path: 'usr/bin/slowhttptest' },
  strace: { package: 'strace', path: 'usr/bin/strace' },
  tcc: { package: 'tcc', path: 'usr/bin/tcc' },
  curl: { package: 'curl', path: 'usr/bin/curl' },
  jq: { package: 'jq', path: 'usr/bin/jq' },
  openssl: { package: 'openssl', path: 'usr/bin/openssl' },
  nginx: { package: 'nginx', path: 'usr/sbin/nginx' },
  wrk: { package: 'wrk', path: 'usr/bin/wrk' },
  buildah: { package: 'buildah', path: 'usr/bin/buildah' },
  podman: { package: 'podman', path: 'usr/bin/podman' },
  conmon: { package: 'conmon', path: 'usr/bin/conmon' },
  faketime: { package: 'faketime', path: 'usr/bin/faketime' },
  sqlite3: { package: 'sqlite3', path: 'usr/bin/sqlite3' },
  runc: { package: 'runc', path: 'usr/sbin/runc' },
  'systemd-analyze': { package: 'systemd', path: 'usr/bin/systemd-analyze' },
} as const satisfies Record<string, Origin>

export type ProgramName = keyof typeof PROGRAMS

export interface Program {
  readonly path: string
  /** The whole environment to start it with. */
  readonly env: Record<string, string>
}

const CACHE = join(import.meta.dirname, '../../.cache')
const found = new Map<ProgramName, Promise<Program | undefined>>()

/**
 * Finds a program, or downloads it and reports the progress on stderr. Concurrent calls, also from other processes, wait
 * for each other. @returns undefined if it is unavailable, after a warning on stderr
 * @throws instead if the environment says CI=true: there no test may be skipped silently
 */
export function program(name: ProgramName): Promise<Program | undefined> {
  let promise = found.get(name)
  if (!promise) {
    promise = find(name).catch((error: Error) => {
      unavailable(name, error)
      return undefined
    })
    found.set(name, promise)
  }
  return promise
}

/**
 * Warns on stderr that tests will be skipped because a tool is unavailable.
 * @throws instead if the environment says CI=true
 */
export function unavailable(tool: string, { message }: Error): void {
  const complaint = `${tool} is unavailable: ${message}`
  if (process.env['CI'] === 'true') throw new Error(complaint)
  say(`WARNING: ${complaint}; tests that need it are SKIPPED`)
}

/** For `before` and `it`: the program, or the test is skipped. The time that a download takes is not the test's. */
export async function requireProgram(context: Mocha.Context, name: ProgramName): Promise<Program> {
  const timeout = context.timeout()
  context.timeout(0)
  const it = await program(name)
  context.timeout(timeout)
  if (!it) return context.skip()
  return it
}

async function find(name: ProgramName): Promise<Program> {
  const { package: pkg, path } = PROGRAMS[name]
  const [own] = onPath(name)
  if (own !== undefined) return { path: own, env: environment() }
  const root = join(CACHE, 'programs', pkg)
  if (!existsSync(root)) {
    if (onPath('apt-get').length === 0) throw new Error('not on PATH, and there is no apt-get to download it with')
    await unpack(pkg)
  }
  const libraries = readFileSync(join(root, '.library-path'), 'utf8').trim().split('\n').filter(Boolean)
  return {
    path: join(root, path),
    env: environment({ LD_LIBRARY_PATH: libraries.map((folder) => join(root, folder)).join(delimiter) }),
  }
}

function environment(more: Record<string, string> = {}): Record<string, string> {
  return { ...(process.env as Record<string, string>), ...more }
}

/** One shell process does it under flock(1): the kernel frees the lock however it ends. */
async function unpack(pkg: string): Promise<void> {
  await mkdir(join(CACHE, 'programs'), { recursive: true })
  const child = spawn('flock', [join(CACHE, 'lock'), 'bash', '-euo', 'pipefail', '-c', SCRIPT, 'unpack', CACHE, pkg], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment({ LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }),
  })
  const errors: string[] = []
  let next = 0
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.startsWith('N: ')) errors.push(line)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    // apt tells of every file; one line in three seconds is enough.
    if (/^(Get|Hit|Ign):/.test(line)) {
      if (Date.now() < next) return
      next = Date.now() + 3_000
    }
    say(`${pkg}: ${line}`)
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(errors.slice(-5).join('; ') || `unpacking ended with ${code}`)
}

/**
 * The empty status file makes apt think that nothing is installed, so that every dependency is fetched. The C library is
 * left out: it belongs with the machine's own dynamic loader.
 */
const SCRIPT = `
cache=$1 package=$2 root=$1/programs/$2
[ -e "$root" ] && exit 0
mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/none/partial"
: > "$cache/apt/status"
apt() {
  apt-get -q -o Dir::State="$cache/apt" -o Dir::State::lists="$cache/apt/lists" -o Dir::State::status="$cache/apt/status" \\
    -o Dir::Cache="$cache/apt" -o Dir::Cache::archives="$cache/apt/archives" -o Dir::Etc::Preferences=/dev/null \\
    -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Acquire::Retries=3 -o DPkg::Pre-Install-Pkgs::= "$@"
}
update() {
  echo 'reading the package lists'
  apt -o APT::Update::Error-Mode=any update | grep -E '^(Get|Fetched)' && touch "$cache/apt/updated"
}
# With an empty folder of archives, since it leaves out what is there already.
uris() { apt -qq -o Dir::Cache::archives="$cache/apt/none" --print-uris -y install "$package" | sed -n "s/^'[^']*' \\([^ ]*\\) .*/\\1/p"; }
download() { apt --download-only -y install "$package" | grep -E '^(Get:|Need to get|Fetched)' || [ "\${PIPESTATUS[0]}" = 0 ]; }
[ -e "$cache/apt/updated" ] || update
# The lists may be older than what the mirror still has.
files=$(uris) && download || { update; files=$(uris); download; }
echo "unpacking $(wc -w <<< "$files") packages"
rm -rf "$root.partial"
mkdir -p "$root.partial"
for file in $files; do
  case $file in libc6_*) ;; *) dpkg -x "$cache/apt/archives/$file" "$root.partial" ;; esac
done
(cd "$root.partial" && find . -name '*.so*' -printf '%P\\n' | sed 's,/*[^/]*$,,' | sort -u > .library-path)
mv "$root.partial" "$root"
# apt does not name what it has already, and the next program may need the same library.
rm -f "$cache"/apt/archives/*.deb
echo ready
`

function say(line: string): void {
  process.stderr.write(`  ${line}\n`)
}

/** What the tests below this folder ask for by name. */
export function programsIn(texts: readonly string[]): ProgramName[] {
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\b(?:program\(|requireProgram\(\w+, )'([\w-]+)'/g)].map((m) => m[1]!),
  )
  return [...new Set(names)].filter((name): name is ProgramName => Object.hasOwn(PROGRAMS, name)).sort()
}
