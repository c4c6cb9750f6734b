# shellcheck shell=bash
# What the scripts of this directory share: `source lib.sh`.

kind_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifests=$kind_dir/manifests

: "${CLUSTER:=volsync-prewarm}"          # name of the kind cluster
: "${IMAGE:=volsync-prewarm:kind}"       # the image under test
: "${VOLSYNC_CHART:=0.16.0}"             # version of VolSync's chart
: "${SNAPSHOTTER:=v8.6.0}"               # tag of kubernetes-csi/external-snapshotter
: "${HOSTPATH:=v1.18.0}"                 # tag of kubernetes-csi/csi-driver-host-path
export kind_dir manifests CLUSTER IMAGE VOLSYNC_CHART SNAPSHOTTER HOSTPATH

step() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }

die() {
  step "FAILED: $*" >&2
  exit 1
}

need() { # need COMMAND…
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || die "$command is needed and not here"
  done
}

# until_equal SECONDS EXPECTED COMMAND…: until the command prints what is expected
until_equal() {
  local deadline=$((SECONDS + $1)) expected=$2 seen=''
  shift 2
  while ((SECONDS < deadline)); do
    seen=$("$@" 2>/dev/null) || true
    [[ $seen != "$expected" ]] || return 0
    sleep 2
  done
  die "waited in vain for '$expected', last seen '$seen': $*"
}

# field KIND NAME PATH: one jsonpath of an object in the test's namespace
field() { kubectl --namespace prewarm-test get "$1" "$2" --output "jsonpath=$3"; }
