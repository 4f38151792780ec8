//go:build !linux && !darwin && !freebsd && !windows

package fetch

import (
	"errors"
	"syscall"
)

// freeBytes returns the free space on the disk of dir, which is unknown on this system.
func freeBytes(string) int64 { return -1 }

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
