package hugepage

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise is for whole pages. An old kernel, or one without huge pages, refuses.
func advise(start unsafe.Pointer, size uintptr) {
	page := uintptr(os.Getpagesize())
	skip := -uintptr(start) & (page - 1)
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(start, skip)), (size-skip)&^(page-1)), unix.MADV_HUGEPAGE)
}
