import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `npm run test:machines -- [NAME ...] [-- SPEC ...]`: clones the repository and runs `npm ci && npm test` as on other
 * machines, each in namespaces of its own (Linux, root). SPECs go to `npm test`. Ends with 1 where a run failed.
 */
interface Machine {
  readonly summary: string
  /** Lines of /etc/hosts instead of this machine's own. */
  readonly hosts?: string
  /** Without IPv6, and so in a network namespace without a way out: programs must be in `.cache/` already. */
  readonly ipv6?: false
  /** Uses an account that is not root. */
  readonly user?: true
  readonly folder?: string
  /** Major version of Node.js on PATH, with its npm. */
  readonly node?: string
  readonly env?: Readonly<Record<string, string>>
}

const DEBIAN_HOSTS = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\n'
const MACHINES: Readonly<Record<string, Machine>> = {
  debian: {
    summary: 'Debian’s default /etc/hosts, where localhost is ::1 too',
    hosts: DEBIAN_HOSTS,
    env: { TZ: 'America/St_Johns', LANG: 'C.UTF-8' },
  },
  'no-ipv6': {
    summary: 'no IPv6 and no way out of the machine, Node.js 26',
    ipv6: false,
    node: '26',
    env: { TZ: 'Pacific/Kiritimati' },
  },
  user: {
    summary: 'not root, a path with spaces, another time zone, no UTF-8 locale, Node.js 22',
    user: true,
    folder: 'a clone with spaces',
    node: '22',
    env: { TZ: 'Asia/Kathmandu', LANG: 'C', LC_ALL: 'C' },
  },
}
const UNPRIVILEGED = 65_534

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
const split = args.includes('--') ? args.indexOf('--') : args.length
const specs = args.slice(split + 1)
const names = split > 0 ? args.slice(0, split) : Object.keys(MACHINES)
const unknown = names.filter((name) => !Object.hasOwn(MACHINES, name))
if (unknown.length > 0) throw new Error(`not among ${Object.keys(MACHINES).join(', ')}: ${unknown.join(', ')}`)
if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('needs Linux and root, for namespaces')

let failed = 0
for (const name of names) {
  const machine = MACHINES[name]!
  console.log(`> ${name}: ${machine.summary}`)
  const begun = performance.now()
  const code = await runOn(machine)
  if (code !== 0) failed++
  console.log(
    `> ${name}: ${code === 0 ? 'passed' : 'FAILED'} after ${((performance.now() - begun) / 1_000).toFixed(0)} s`,
  )
}
console.log(`${names.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** @returns the exit code of `npm ci && npm test` */
async function runOn({ hosts, ipv6, user, folder = 'clone', node, env = {} }: Machine): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'machine-'))
  try {
    const clone = join(home, folder)
    execFileSync('git', ['clone', '--quiet', root, clone])
    // Only what the registries gave: nothing is built twice, and a machine without a way out has it.
    if (existsSync(join(root, '.cache')))
      cpSync(realpathSync(join(root, '.cache')), join(clone, '.cache'), { recursive: true, verbatimSymlinks: true })
    const bin = node && nodeOf(node)
    const steps = ['set -e', 'cd "$CLONE"']
    const setUp = ['set -e', 'ip link set lo up 2>/dev/null || true']
    if (hosts) {
      writeFileSync(join(home, 'hosts'), hosts)
      setUp.push(`mount --bind '${join(home, 'hosts')}' /etc/hosts`)
    }
    if (ipv6 === false) {
      execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone, stdio: 'ignore' })
      setUp.push('sysctl -qw net.ipv6.conf.all.disable_ipv6=1')
    } else steps.push('npm ci')
    steps.push('npm test -- "$@"')
    if (user) execFileSync('chown', ['-R', `${UNPRIVILEGED}:${UNPRIVILEGED}`, home])
    const as = user ? `setpriv --reuid=${UNPRIVILEGED} --regid=${UNPRIVILEGED} --clear-groups ` : ''
    const child = spawn(
      'unshare',
      [
        '--mount',
        ...(ipv6 === false ? ['--net'] : []),
        'bash',
        '-c',
        `${setUp.join('\n')}\nexec ${as}bash -c "$STEPS" steps "$@"`,
        'machine',
        ...specs,
      ],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
          ...env,
          PATH: `${bin ? `${bin}:` : ''}${withoutModules(process.env['PATH'] ?? '')}`,
          HOME: home,
          CLONE: clone,
          STEPS: steps.join('\n'),
        },
      },
    )
    return await new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code ?? 1)))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** `npm run` puts this repository's own Node.js first; another machine has none of it. */
function withoutModules(path: string): string {
  return path
    .split(':')
    .filter((entry) => !entry.includes('node_modules'))
    .join(':')
}

/** The folder with the programs `node` and `npm` of a major version, from the npm registry. */
function nodeOf(major: string): string {
  const folder = join(root, '.cache/node', major)
  if (!existsSync(join(folder, 'bin'))) {
    mkdirSync(folder, { recursive: true })
    execFileSync(
      'npm',
      [
        'install',
        '--prefix',
        folder,
        '--no-audit',
        '--no-fund',
        '--no-package-lock',
        `node-linux-${process.arch}@${major}`,
        'npm@11',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    mkdirSync(join(folder, 'bin'))
    // Relative, so that the folder can be copied.
    symlinkSync(`../node_modules/node-linux-${process.arch}/bin/node`, join(folder, 'bin/node'))
    for (const command of ['npm', 'npx'])
      symlinkSync(`../node_modules/npm/bin/${command}-cli.js`, join(folder, 'bin', command))
  }
  return join(folder, 'bin')
}
