# One image for everything: orderers, and the command `cairn` for those who look after them.
#
#   docker build -t cairn .
#   docker run --rm cairn --help
#
# A test executes these steps without a container engine (test/deploy/dockerfile.test.ts), so the commands stay inside
# their working directory.

ARG NODE_IMAGE=node:22.22.2-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
COPY packages/ledger/package.json packages/ledger/
COPY packages/raft/package.json packages/raft/
COPY packages/store/package.json packages/store/
COPY packages/transport/package.json packages/transport/
COPY packages/orderer/package.json packages/orderer/
COPY packages/client/package.json packages/client/
COPY packages/cli/package.json packages/cli/
COPY grafana/package.json grafana/
COPY test/package.json test/

# What runs: no compiler is needed, LMDB comes built for the platform.
FROM manifests AS dependencies
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace @cairn/cli

FROM manifests AS build
RUN npm ci --ignore-scripts --no-audit --no-fund --workspace @cairn/cli --include-workspace-root
COPY packages packages
RUN node_modules/.bin/tsc -b packages/cli \
    && find packages -mindepth 2 -maxdepth 2 -name src -exec rm -r {} + \
    && find packages \( -name '*.map' -o -name '*.tsbuildinfo' \) -exec rm {} + \
    && mkdir empty bin && ln -s ../packages/cli/bin/cairn.js bin/cairn

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Cairn" \
      org.opencontainers.image.description="An ordering service for append-only block ledgers" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/cairn
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/packages packages
COPY --from=build /build/bin bin
COPY package.json LICENSE ./
COPY channels channels
# Configuration and keys; data. Volumes that are mounted here for the first time belong to the user below.
COPY --from=build --chown=1000:1000 /build/empty /etc/cairn
COPY --from=build --chown=1000:1000 /build/empty /etc/cairn/nats
COPY --from=build --chown=1000:1000 /build/empty /var/lib/cairn
ENV NODE_ENV=production PATH=/opt/cairn/bin:$PATH
USER 1000:1000
# HTTP for clients; operations (probes, metrics).
EXPOSE 8080 9100
STOPSIGNAL SIGTERM
# Alive, not ready: an orderer that waits for the others must not be restarted for it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CAIRN_OPERATIONS_PORT ?? 9100}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["cairn"]
CMD ["--help"]
