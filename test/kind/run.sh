#!/usr/bin/env bash
# The promise, once, with nothing faked: write a nonce, back it up, delete the claim, let volsync-prewarm warm its restore
# point, create the claim again as the admission policy would, and read the nonce back.
#
# Runs against the cluster that KUBECONFIG names: after up.sh a kind cluster, else any test cluster that has VolSync,
# snapshot CRDs and the classes named in manifests/ (change them there), and can pull IMAGE. It applies k8s/base.
#
#   IMAGE=…        the image under test
#   S3_ENDPOINT=…  a server of your own instead of manifests/s3.yaml, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
#   run.sh --clean removes everything again
set -euo pipefail
# shellcheck source=test/kind/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need kubectl

: "${S3_ENDPOINT:=http://s3.prewarm-s3.svc.cluster.local:9000}"
: "${AWS_ACCESS_KEY_ID:=prewarm-test}"
: "${AWS_SECRET_ACCESS_KEY:=prewarm-test-secret}"
bucket=volsync-backups
nonce=$(date +%s)-$RANDOM

clean() {
  kubectl delete --ignore-not-found namespace prewarm-test prewarm-s3
  kubectl --namespace volsync-system delete --ignore-not-found secret volsync-prewarm-bucket
  kubectl delete --ignore-not-found --kustomize "$kind_dir/overlay"
}

secret() { # secret NAMESPACE NAME KEY=VALUE…: made or brought up to date
  local namespace=$1 name=$2
  shift 2
  kubectl --namespace "$namespace" create secret generic "$name" "${@/#/--from-literal=}" --dry-run=client --output yaml |
    kubectl apply --filename -
}

tell() { # what a person would look at first
  kubectl --namespace volsync-system get jobs,pods || true
  kubectl --namespace prewarm-test get pvc,replicationdestinations,replicationsources,volumesnapshots,jobs,pods || true
  kubectl --namespace prewarm-test get replicationdestinations --output yaml || true
  kubectl --namespace prewarm-test get events --sort-by=.lastTimestamp | tail -n 40 || true
}

prewarm() { # prewarm NAME: one run by hand, as the README documents it; prints its log, fails unless it exits 0
  kubectl --namespace volsync-system delete --ignore-not-found job "$1"
  kubectl --namespace volsync-system create job --from=cronjob/volsync-prewarm "$1"
  local ended=''
  for _ in $(seq 180); do
    ended=$(kubectl --namespace volsync-system get job "$1" \
      --output jsonpath='{.status.conditions[?(@.status=="True")].type}' | tr ' ' '\n' | grep -xE 'Complete|Failed' || true)
    [[ -z $ended ]] || break
    sleep 2
  done
  kubectl --namespace volsync-system logs "job/$1" || true
  [[ $ended == Complete ]] || die "the run $1 ended as '${ended:-still running}'"
}

if [[ ${1:-} == --clean ]]; then
  clean
  exit 0
fi

trap '[[ $? == 0 ]] || tell' EXIT

step "cluster $(kubectl config current-context)"
kubectl get crd replicationdestinations.volsync.backube volumesnapshots.snapshot.storage.k8s.io >/dev/null ||
  die 'VolSync or the snapshot CRDs are missing'

step 'everything as on the first day'
kubectl delete --ignore-not-found --wait namespace prewarm-test
[[ $S3_ENDPOINT != *.prewarm-s3.svc.cluster.local:* ]] || {
  kubectl apply --filename "$manifests/s3.yaml"
  # A bucket from an earlier try would hold an earlier nonce.
  kubectl --namespace prewarm-s3 rollout restart deployment/rustfs
  kubectl --namespace prewarm-s3 rollout status deployment/rustfs --timeout=180s
}
kubectl apply --filename "$manifests/namespace.yaml"
secret prewarm-test volsync-rustfs-base RESTIC_PASSWORD=nonce-is-no-secret "RESTIC_REPOSITORY_BASE=s3:$S3_ENDPOINT/$bucket/" \
  "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"
secret prewarm-test notes-first-backup RESTIC_PASSWORD=nonce-is-no-secret \
  "RESTIC_REPOSITORY=s3:$S3_ENDPOINT/$bucket/prewarm-test/notes" \
  "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"
kubectl --namespace prewarm-test create configmap nonce --from-literal="nonce=$nonce"

step "a claim with the nonce $nonce"
kubectl apply --filename "$manifests/claim.yaml" --filename "$manifests/writer.yaml"
kubectl --namespace prewarm-test wait --for=condition=Complete job/writer --timeout=180s

step 'its backup'
kubectl apply --filename "$manifests/source.yaml"
until_equal 300 first field replicationsource notes-backup '{.status.lastManualSync}'

step 'the application is deleted'
kubectl --namespace prewarm-test delete --wait replicationsource/notes-backup job/writer pvc/notes secret/notes-first-backup
kubectl apply --filename "$manifests/empty-claim.yaml"

step "volsync-prewarm, image $IMAGE"
kubectl get namespace volsync-system >/dev/null 2>&1 || kubectl apply --filename "$kind_dir/../../k8s/examples/namespace.yaml"
secret volsync-system volsync-prewarm-bucket "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"
kubectl apply --kustomize "$kind_dir/overlay"
kubectl --namespace volsync-system patch configmap volsync-prewarm --type merge \
  --patch "{\"data\":{\"PREWARM_ENDPOINT\":\"$S3_ENDPOINT\"}}"
kubectl --namespace volsync-system set image cronjob/volsync-prewarm "volsync-prewarm=$IMAGE"
prewarm prewarm-first

step 'the restore point is warm and proven'
snapshot=$(field replicationdestination notes-restore '{.metadata.annotations.volsync-prewarm/verified-snapshot}')
[[ $snapshot =~ ^[0-9a-f]{8}$ ]] || die "no proof on the destination: '$snapshot'"
[[ $(field replicationdestination notes-restore '{.spec.trigger.manual}') == "$snapshot" ]] || die 'the tag is not the proven id'
image=$(field replicationdestination notes-restore '{.status.latestImage.name}')
[[ $(field replicationdestination notes-restore '{.metadata.annotations.volsync-prewarm/verified-image}') == "$image" ]] ||
  die 'the proof is about another image'
[[ $(field volumesnapshot "$image" '{.status.readyToUse}') == true ]] || die 'the image is not ready to use'
[[ -z $(kubectl --namespace prewarm-test get replicationdestination scratch-restore --ignore-not-found --output name) ]] ||
  die 'a claim without a backup got a destination'

step 'a second run writes nothing'
before=$(field replicationdestination notes-restore '{.metadata.resourceVersion}')
prewarm prewarm-second
[[ $(field replicationdestination notes-restore '{.metadata.resourceVersion}') == "$before" ]] ||
  die 'the second run wrote to a warm destination'

step 'the application comes back'
kubectl apply --filename "$manifests/claim-restored.yaml" --filename "$manifests/reader.yaml"
until_equal 120 Bound field pvc notes '{.status.phase}'
kubectl --namespace prewarm-test wait --for=condition=Complete job/reader --timeout=180s ||
  die "the claim does not hold the nonce $nonce"
step "the nonce is back: $nonce, from snapshot $snapshot"
