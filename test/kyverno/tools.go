//go:build tools

// Package tools names the program that the Kyverno lane builds, so that go.mod and go.sum pin all of what it needs.
package tools

import _ "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"
