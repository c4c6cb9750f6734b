#!/usr/bin/env bash
# The steps of the Dockerfile without a container engine: the bundle in a directory of its own, its compile cache written
# by uid 65532, everything made read-only, and then started from there as the image would start it.
# Prints one line per check; exit 1 if one failed. Needs root (for setpriv) and a built dist/.
# shellcheck disable=SC2329 # the functions are called by way of `check`
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
uid=65532
failures=0

check() { # check NAME COMMAND…
  local name=$1
  shift
  if "$@"; then
    echo "ok: $name"
  else
    echo "FAILED: $name"
    failures=$((failures + 1))
  fi
}

if [[ $(id -u) != 0 ]]; then
  echo "skipped: needs root, to become uid $uid"
  exit 0
fi
if ! command -v setpriv >/dev/null; then
  echo "skipped: setpriv (util-linux) is missing"
  exit 0
fi
[[ -f $top/dist/volsync-prewarm.cjs ]] || { echo 'FAILED: no dist/volsync-prewarm.cjs: npm run build' >&2; exit 1; }

root=$(mktemp -d)
trap 'chmod -R u+w "$root"; rm -rf "$root"' EXIT
chmod 0755 "$root"

# The image has its own Node, readable by everybody; the clone may lie where uid 65532 cannot look.
mkdir -p "$root/nodejs/bin" "$root/app/cache" "$root/warm"
node=$(command -v node || true)
[[ ! -x $top/node_modules/.bin/node ]] || node=$(readlink -f "$top/node_modules/.bin/node")
cp "$node" "$root/nodejs/bin/node"
node=$root/nodejs/bin/node
cp "$top"/dist/volsync-prewarm*.cjs "$top"/dist/volsync-prewarm*.cjs.map "$root/app/"
cp "$here/warm-cache.mjs" "$here/unreachable.kubeconfig" "$root/warm/"
chmod -R a+rX "$root/app" "$root/warm" "$root/nodejs"
chown -R "$uid:$uid" "$root/app"

# The flags of the image, out of the Dockerfile itself.
mapfile -t flags < <(sed -n 's/^ENTRYPOINT //p' "$top/Dockerfile" |
  "$node" -e 'for (const word of JSON.parse(require("node:fs").readFileSync(0, "utf8")).slice(1, -1)) console.log(word)')

as_nonroot() { # as_nonroot [NAME=value…] COMMAND…: the environment of the image and nothing else
  (cd / && setpriv --reuid="$uid" --regid="$uid" --clear-groups env -i NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=65536 "$@")
}
start() { # start [NAME=value…] -- ARGUMENTS…
  local settings=()
  while [[ $1 != -- ]]; do
    settings+=("$1")
    shift
  done
  shift
  as_nonroot NODE_COMPILE_CACHE="$root/app/cache" NODE_COMPILE_CACHE_PORTABLE=1 "${settings[@]}" \
    "$node" "${flags[@]}" "$root/app/volsync-prewarm.cjs" "$@"
}
unreachable=(
  KUBECONFIG="$root/warm/unreachable.kubeconfig" PREWARM_ENDPOINT=http://127.0.0.1:1 PREWARM_REQUEST_TIMEOUT=2s
  PREWARM_DEADLINE=20s AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none
)
sums() { (cd "$root" && find app -type f -exec sha256sum {} + | sort -k 2); }
exits() { # exits CODE COMMAND…
  local expected=$1 code=0
  shift
  "$@" >"$root/output" 2>&1 || code=$?
  # A crash exits with 1 too; Node then signs its stack trace.
  if [[ $code != "$expected" ]] || grep -q '^Node\.js v' "$root/output"; then
    sed 's/^/  /' "$root/output"
    echo "  exit $code, expected $expected"
    return 1
  fi
}
cache_hit() {
  start NODE_DEBUG_NATIVE=COMPILE_CACHE -- --version >"$root/output" 2>&1
  grep -q 'volsync-prewarm.cjs was accepted' "$root/output" || { sed 's/^/  /' "$root/output"; return 1; }
}
sdk_hit() {
  exits 1 start "${unreachable[@]}" NODE_DEBUG_NATIVE=COMPILE_CACHE -- plan || return 1
  grep -q 'volsync-prewarm-s3.cjs was accepted' "$root/output" || { sed 's/^/  /' "$root/output"; return 1; }
}
cannot_write() { ! as_nonroot touch "$root/app/$1" 2>/dev/null; }
unchanged() { diff <(echo "$before") <(sums); }

check 'the compile cache is written by uid 65532' as_nonroot "$node" "${flags[@]}" "$root/warm/warm-cache.mjs" "$root/app"
chown -R 0:0 "$root/app"
before=$(sums)
check 'the directory refuses new files' cannot_write new-file
check 'the bundle cannot be changed' cannot_write volsync-prewarm.cjs
check '--version exits 0' exits 0 start -- --version
check 'the compile cache is a hit' cache_hit
check "the SDK's file is found, and in the cache" sdk_hit
check 'plan against addresses that refuse exits 1' exits 1 start "${unreachable[@]}" -- plan
check 'an unknown flag exits 2' exits 2 start -- --no-such-flag
check 'nothing was written' unchanged
exit $((failures > 0))
