//go:build unix

package mapfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// mmap maps the first size bytes of file, read-only. The mapping outlives file.
func mmap(file *os.File, size int) ([]byte, error) {
	return unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
}

func munmap(data []byte) error { return unix.Munmap(data) }
