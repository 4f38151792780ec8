//go:build !linux && !darwin && !freebsd && !windows

package fetch

import (
	"errors"
	"syscall"
)

// freeBytes is the room on the disk of dir; it is not known here.
func freeBytes(string) int64 { return -1 }

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
