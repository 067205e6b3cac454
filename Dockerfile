# syntax=docker/dockerfile:1
# Both bases come from a registry as they are; a build elsewhere can name its own.
ARG BUILD_IMAGE=docker.io/library/node:26-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs26-debian13:nonroot

FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages are Node itself for machines without one; the image has its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.md' -o -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) \
      ! -iname 'licen[cs]e*' ! -iname 'notice*' -delete \
 && mkdir -p -m 0700 /volume/data

FROM ${RUNTIME_IMAGE} AS program
# The program is root's: its user can read it and no more.
USER 0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
# Node keeps a compile cache for each version and user, so it is filled by the Node and the user that will run. It saves
# a third of the start-up time, and in each thread the 20 MB of the type stripper. The root is read-only later.
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/node_modules/.cache/compile

FROM program AS compiled
USER 65532:65532
# An empty folder of this user's; there is no shell to make one.
COPY --from=dependencies --chown=65532:65532 /volume/data ./node_modules/.cache
COPY <<'FILE' /tmp/warm-up.mjs
// Starts the service with everything that it can load, uses each of its threads, and stops it; then loads every command.
import { spawn } from 'node:child_process'

const start = (command, env) => {
  const child = spawn(process.execPath, [...process.execArgv, '/app/src/main.ts', command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) }
}
for (const [command, tracing] of [['serve', 'none'], ['serve', 'otlp'], ['supervise', 'none']]) {
  const { child, ended } = start(command, {
    INGEST_PORT: '0', ADMIN_PORT: '0', SUPERVISOR_PORT: '0', JOURNAL_URL: `sqlite:/tmp/${tracing}/journal.db`, OTEL_TRACES_EXPORTER: tracing,
  })
  const ports = {}
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    for (const [, name, port] of output.matchAll(/"listener":"(\w+)".*"port":(\d+)/g)) ports[name] = port
  })
  ended.then((code) => code !== 0 && console.log(output))
  while (!ports.ingest && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50))
  const admin = `http://127.0.0.1:${ports.admin}`
  const answers = [
    await fetch(`http://127.0.0.1:${ports.ingest}/webhooks/error`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code: 503, endpoint: 'https://warm-up.example/', message: 'warming up' }),
    }),
    await fetch(`${admin}/metrics`),
    await fetch(`${admin}/api/v1/failures`),
  ]
  const health = await start('healthcheck', { ADMIN_PORT: ports.admin }).ended
  child.kill('SIGTERM')
  const statuses = [...answers.map(({ status }) => status), health, await ended].join(' ')
  console.log(statuses)
  if (statuses !== '202 200 200 0 0') process.exit(1)
}
process.exit(await start('--help').ended)
FILE
RUN ["/nodejs/bin/node", "--max-semi-space-size=8", "/tmp/warm-up.mjs"]

FROM program
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="webhook-error-exporter" \
      org.opencontainers.image.description="Takes the error webhooks of platforms that gave up a delivery; makes them durable, counted, traced and queryable" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/webhook-error-exporter/webhook-error-exporter" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=compiled --chmod=0555 /app/node_modules/.cache ./node_modules/.cache
# A named volume takes owner and mode of what is here.
COPY --from=dependencies --chown=65532:65532 /volume /
USER 65532:65532
# Two arenas: threads that rarely allocate at once need no heap of the C library each.
ENV MALLOC_ARENA_MAX=2 \
    INGEST_HOST=0.0.0.0 \
    ADMIN_HOST=0.0.0.0 \
    JOURNAL_URL=sqlite:/data/journal.db
VOLUME /data
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/nodejs/bin/node", "--max-semi-space-size=8", "/app/src/main.ts", "healthcheck"]
# A young generation of 8 MiB rather than 16 holds all that one garbage collection finds alive, in less memory.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=8", "/app/src/main.ts"]
