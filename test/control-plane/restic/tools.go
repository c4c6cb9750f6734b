//go:build tools

// Package tools names the restic that the real lane builds: the version of VolSync's mover. A module of its own, for its dependencies.
package tools

import _ "github.com/restic/restic/cmd/restic"
