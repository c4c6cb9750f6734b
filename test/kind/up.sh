#!/usr/bin/env bash
# A kind cluster with all that run.sh needs: snapshot CRDs and controller, csi-driver-host-path, VolSync, an S3 server,
# and the image under test. Needs docker, kind, kubectl, helm, git, and the network.
set -euo pipefail
# shellcheck source=test/kind/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need docker kind kubectl helm git curl

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! kind get clusters | grep -qx "$CLUSTER"; then
  step "kind cluster $CLUSTER"
  # KIND_NODE_IMAGE picks a Kubernetes version; kind's own default otherwise.
  kind create cluster --name "$CLUSTER" --wait 120s ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"}
fi
kubectl config use-context "kind-$CLUSTER"

step "snapshot CRDs and controller $SNAPSHOTTER"
snapshotter=https://github.com/kubernetes-csi/external-snapshotter
kubectl apply --kustomize "$snapshotter/client/config/crd?ref=$SNAPSHOTTER"
kubectl apply --kustomize "$snapshotter/deploy/kubernetes/snapshot-controller?ref=$SNAPSHOTTER"
kubectl --namespace kube-system rollout status deployment/snapshot-controller --timeout=180s

step "csi-driver-host-path $HOSTPATH"
git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$HOSTPATH" \
  https://github.com/kubernetes-csi/csi-driver-host-path "$work/hostpath"
# Its deploy script counts pods in the current namespace, `default`.
"$work/hostpath/deploy/kubernetes-latest/deploy.sh"
kubectl apply --filename "$manifests/classes.yaml"

step "VolSync, chart $VOLSYNC_CHART"
helm upgrade --install volsync volsync --repo https://backube.github.io/helm-charts --version "$VOLSYNC_CHART" \
  --namespace volsync-system --create-namespace --wait --timeout 5m

step 'S3 server'
kubectl apply --filename "$manifests/s3.yaml"
kubectl --namespace prewarm-s3 rollout status deployment/rustfs --timeout=180s

step "image $IMAGE"
docker image inspect "$IMAGE" >/dev/null 2>&1 || docker build --tag "$IMAGE" "$kind_dir/../.."
kind load docker-image "$IMAGE" --name "$CLUSTER"
step 'up'
