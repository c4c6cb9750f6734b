#!/usr/bin/env bash
# One run by hand, with the same Job that the schedule makes. Ends when the run ends, with its exit code.
set -euo pipefail
namespace=volsync-system
job=volsync-prewarm-manual-$(date +%s)
kubectl --namespace "$namespace" create job --from=cronjob/volsync-prewarm "$job"
kubectl --namespace "$namespace" wait "job/$job" --for=jsonpath='{.status.ready}'=1 --timeout=60s ||
  echo 'not running yet, or over already: see the log' >&2
kubectl --namespace "$namespace" logs --follow "job/$job"
code=$(kubectl --namespace "$namespace" get pods --selector "batch.kubernetes.io/job-name=$job" \
  --output jsonpath='{.items[0].status.containerStatuses[0].state.terminated.exitCode}')
echo "exit code ${code:-unknown}" >&2
exit "${code:-1}"
