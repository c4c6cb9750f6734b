#!/usr/bin/env bash
# Removes what up.sh made: the whole kind cluster. In another cluster, `run.sh --clean` removes what the test made there.
set -euo pipefail
# shellcheck source=test/kind/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need kind
kind delete cluster --name "$CLUSTER"
