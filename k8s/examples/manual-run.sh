#!/usr/bin/env bash
# One run by hand, with the same Job that the schedule makes. Ends when the run ends, with its exit code.
# The Job belongs to the CronJob, which may delete it as soon as it has finished: the exit code is read from the log that
# was copied while the run lasted, and only where that has none (a crash, wrong settings) from the pod.
set -euo pipefail
namespace=volsync-system
job=volsync-prewarm-manual-$(date +%s)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
kubectl --namespace "$namespace" create job --from=cronjob/volsync-prewarm "$job"
kubectl --namespace "$namespace" wait "job/$job" --for=jsonpath='{.status.ready}'=1 --timeout=60s ||
  echo 'not running yet, or over already: see the log' >&2
kubectl --namespace "$namespace" logs --follow "job/$job" | tee "$log"
code=$(sed -n 's/.*"exitCode":\([0-9][0-9]*\).*"msg":"run finished".*/\1/p' "$log" | tail -n 1)
if [ -z "$code" ]; then
  code=$(kubectl --namespace "$namespace" get pods --selector "batch.kubernetes.io/job-name=$job" \
    --output jsonpath='{.items[0].status.containerStatuses[0].state.terminated.exitCode}') || code=
fi
echo "exit code ${code:-unknown}" >&2
exit "${code:-1}"
