# syntax=docker/dockerfile:1
# The image: the bundle (two files), its compile cache, and Node on distroless. No shell, no npm, no node_modules; nothing of
# sandbox/, bench/ or test/. `.ci/container-steps.sh` performs these steps without a container engine.
#
# Base images are named by tag; pin them by digest when releasing (name:tag@sha256:…).

# The bundle does not depend on the architecture: it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY job ./job
COPY src ./src
RUN node job/build.ts \
 && mkdir -p /out/app/cache \
 && cp dist/volsync-prewarm*.cjs dist/volsync-prewarm*.cjs.map /out/app/

# The Node that warms the cache and the Node that reads it are one file: both stages below begin here.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS runtime
USER 65532:65532
# At 10,000 repositories (measured): one arena, since one for each thread costs 8 MiB, and what is freed goes back at once, 6 MiB more.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=65536

# A compile cache belongs to one Node version, architecture and uid, so it is written on the target platform by the user
# that will run, with the flags of the ENTRYPOINT. Its files are 0600: warm-cache.mjs makes them readable and read-only.
FROM runtime AS warm
COPY .ci/warm-cache.mjs .ci/unreachable.kubeconfig /warm/
COPY --from=build --chown=65532:65532 /out/app /app
RUN ["/nodejs/bin/node", "--max-old-space-size=176", "--max-semi-space-size=4", "--min-semi-space-size=4", "--initial-old-space-size=48", "/warm/warm-cache.mjs", "/app"]

FROM runtime
LABEL org.opencontainers.image.title="volsync-prewarm" \
      org.opencontainers.image.description="Keeps VolSync restore points warm" \
      org.opencontainers.image.licenses="Apache-2.0"
# Owned by root: the program cannot change itself even where the root file system is writable.
COPY --from=warm /app /app
# Read only: a run never writes to it, and one that finds nothing in it only starts slower.
ENV NODE_COMPILE_CACHE=/app/cache NODE_COMPILE_CACHE_PORTABLE=1
# 176 MiB of heap, 4 MiB of young generation, and no collection of the old one before 48 MiB: k8s/base/cronjob.yaml says why, where
# the memory limit is.
# Not --enable-source-maps: Node reads the whole map at start, which costs half the start again and 70 MiB (docs/adr/0011). The map
# is here for the day when it is needed: NODE_OPTIONS=--enable-source-maps.
ENTRYPOINT ["/nodejs/bin/node", "--max-old-space-size=176", "--max-semi-space-size=4", "--min-semi-space-size=4", "--initial-old-space-size=48", "/app/volsync-prewarm.cjs"]
CMD ["run"]
