//go:build !windows

package cli

import "os"

// drawable reports whether a terminal understands the sequences that move and colour.
func drawable(*os.File) bool { return true }
