# syntax=docker/dockerfile:1
# Both stages come from a registry as they are; a build elsewhere can name its own.
ARG BUILD_IMAGE=docker.io/library/node:26-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs26-debian13:nonroot

FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages are Node itself for machines without one; the image has its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && find node_modules \( -name '*.md' -o -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && mkdir -m 0700 /data

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="webhook-error-exporter" \
      org.opencontainers.image.description="Takes the error webhooks of platforms that gave up a delivery; makes them durable, counted, traced and queryable" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/webhook-error-exporter/webhook-error-exporter" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
# A named volume takes owner and mode of what is here.
COPY --from=dependencies --chown=65532:65532 /data /data
USER 65532:65532
ENV NODE_ENV=production \
    INGEST_HOST=0.0.0.0 \
    ADMIN_HOST=0.0.0.0 \
    JOURNAL_URL=sqlite:/data/journal.db
VOLUME /data
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/nodejs/bin/node", "/app/src/main.ts", "healthcheck"]
ENTRYPOINT ["/nodejs/bin/node", "/app/src/main.ts"]
