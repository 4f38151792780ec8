//go:build !unix

package mapfile

import (
	"errors"
	"os"
)

// mmap always fails here: files are read whole.
func mmap(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func munmap([]byte) error { return nil }
