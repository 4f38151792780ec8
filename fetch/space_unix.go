//go:build linux || darwin || freebsd

package fetch

import (
	"errors"

	"golang.org/x/sys/unix"
)

// freeBytes returns the space that an ordinary user has on the disk of dir; -1 if unknown.
func freeBytes(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return -1
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
