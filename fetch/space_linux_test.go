package fetch

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// TestSmallDisk fills a real disk of one megabyte. It needs the right to mount one.
func TestSmallDisk(t *testing.T) {
	for _, tt := range []struct {
		name  string
		known bool // the system tells how much is free
	}{
		{"seen before", true}, {"found while writing", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
				t.Skipf("mount a small disk: %v", err)
			}
			t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
			c, err := OpenCache(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.known {
				c.free = func(string) int64 { return -1 }
			}
			s := newStore()
			for i := range 20 {
				s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/otlp/%02d.otel", testRun.Root, i), big(100_000+i))
			}
			res, err := c.Fetch(t.Context(), s, testRun, Options{Pool: NewPool(4)})
			var full *NoSpaceError
			if res != nil || !errors.As(err, &full) || full.Needed < 900_000 || !tt.known && !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("result %v, error %v", res, err)
			}
			if left := names(t, dir, "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			complete := len(names(t, dir, "blobs"))

			// On a larger disk the same cache goes on.
			if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=10m"); err != nil {
				t.Skipf("enlarge the small disk: %v", err)
			}
			s.asked()
			res, err = c.Fetch(t.Context(), s, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if asked := s.asked(); len(res.Files) != 20 || gets(asked) != 20-complete {
				t.Errorf("%d files, %d downloads after %d were there", len(res.Files), gets(asked), complete)
			}
			for i, f := range res.Files {
				if readFile(t, f.Path) != big(100_000+i) {
					t.Errorf("%s has wrong bytes", f.Name)
				}
			}
			os.RemoveAll(dir + "/jobs")
		})
	}
}
