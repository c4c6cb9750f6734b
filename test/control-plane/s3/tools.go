//go:build tools

// Package tools names the S3 server that the real lane builds. A module of its own: its dependencies are not those of Kubernetes.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
