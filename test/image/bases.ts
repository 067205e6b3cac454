import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Containers } from './containers.ts'
import { file, ROOT, WORK } from './work.ts'

/** The stand-ins of the Dockerfile's base images, by the folder that bases.sh fills. */
const BASES = {
  build: 'docker.io/library/node:26-trixie-slim',
  runtime: 'gcr.io/distroless/nodejs26-debian13:nonroot',
} as const
const run = promisify(execFile)

/** Builds both and names them as the real ones are. */
export async function buildBases({ inBuildah, policy }: Containers): Promise<void> {
  await run('bash', [join(import.meta.dirname, 'bases.sh'), WORK])
  const node = globSync(join(ROOT, 'node_modules/node-linux-*/bin/node'))[0] ?? process.execPath
  const npm = dirname(dirname(process.env['npm_execpath'] ?? '/usr/lib/node_modules/npm/bin/npm-cli.js'))
  const certificates = process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt'
  const build = join(WORK, 'build')
  const runtime = join(WORK, 'runtime')
  cpSync(node, join(build, 'usr/bin/node'))
  cpSync(npm, join(build, 'usr/lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(build, 'usr/bin/npm'))
  if (existsSync(certificates)) cpSync(certificates, join(build, 'etc/ssl/certs/ca-certificates.crt'))
  cpSync(node, join(runtime, 'nodejs/bin/node'))
  writeFileSync(join(runtime, 'etc/passwd'), 'root:x:0:0::/root:/\nnonroot:x:65532:65532::/home/nonroot:/\n')
  for (const [name, image] of Object.entries(BASES)) {
    const recipe = file(
      `${name}.Dockerfile`,
      `FROM scratch\nCOPY . /\nENV PATH=/usr/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\n${name === 'runtime' ? 'ENV NODE_EXTRA_CA_CERTS=\nUSER 65532\n' : ''}`,
    )
    await inBuildah('build', ...['--signature-policy', policy, '-f', recipe, '-t', image, join(WORK, name)])
  }
}
