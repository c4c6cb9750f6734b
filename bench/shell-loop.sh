#!/usr/bin/env bash
# What is done by hand or in a CronJob of shell: two levels of `aws s3 ls`, one kubectl for the credentials of each
# namespace and one for each destination. It writes nothing, and looks into no repository. `kubectl get --raw` asks
# without discovery, which is kind to it.
set -euo pipefail

bucket=volsync-backups
destinations=0
folders() {
  aws s3 ls "s3://$bucket/$1" | awk '$1 == "PRE" && $2 !~ /^\./ { print $2 }'
}

for namespace in $(folders ''); do
  kubectl get --raw "/api/v1/namespaces/${namespace%/}/secrets/volsync-rustfs-base" >/dev/null
  for claim in $(folders "$namespace"); do
    kubectl get --raw "/apis/volsync.backube/v1alpha1/namespaces/${namespace%/}/replicationdestinations/${claim%/}-restore" >/dev/null
    destinations=$((destinations + 1))
  done
done
echo "$destinations destinations"
