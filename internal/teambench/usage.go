package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process takes.
type usage struct {
	anonymous  int64 // bytes
	heap       int64 // bytes in use, after the last collection and since
	goroutines int64
	files      int64
	mappings   int64
}

func (u usage) String() string {
	return fmt.Sprintf("anonymous memory %d MB, heap %d MB, %d goroutines, %d open files, %d mappings", u.anonymous/1e6, u.heap/1e6, u.goroutines, u.files, u.mappings)
}

// grown names what is more than it was, beyond what comes and goes.
func (u usage) grown(since usage) string {
	for _, one := range []struct {
		name        string
		now, before int64
		slack       int64
	}{
		{"bytes of anonymous memory", u.anonymous, since.anonymous, 50e6}, {"bytes of heap", u.heap, since.heap, 50e6},
		{"goroutines", u.goroutines, since.goroutines, 20}, {"open files", u.files, since.files, 20}, {"mappings", u.mappings, since.mappings, 50},
	} {
		if float64(one.now) > float64(one.before)*mostGrowth+float64(one.slack) {
			return one.name
		}
	}
	return ""
}

// usageOf reads what Linux tells of a process.
func usageOf(pid int) (u usage, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return u, err
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		return u, err
	}
	u.anonymous = kb << 10
	maps, err := os.ReadFile(dir + "/maps")
	if err != nil {
		return u, err
	}
	u.mappings = int64(strings.Count(string(maps), "\n"))
	files, err := os.ReadDir(dir + "/fd")
	u.files = int64(len(files))
	return u, err
}

// metrics adds what the server says of itself.
func (u *usage) metrics(address string) error {
	body, err := get(context.Background(), "bench", address+"/metrics")
	if err != nil {
		return err
	}
	for name, to := range map[string]*int64{"go_goroutines": &u.goroutines, "go_memstats_heap_inuse_bytes": &u.heap} {
		_, rest, ok := strings.Cut(string(body), "\n"+name+" ")
		if !ok {
			return fmt.Errorf("the metrics lack %s", name)
		}
		n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		if err != nil {
			return err
		}
		*to = int64(n)
	}
	return nil
}

// watch gives the most anonymous memory that a process had until ctx ended.
func watch(ctx context.Context, pid int) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		most := int64(0)
		for {
			select {
			case <-tick.C:
				if u, err := usageOf(pid); err == nil {
					most = max(most, u.anonymous)
				}
			case <-ctx.Done():
				peak <- most
				return
			}
		}
	}()
	return peak
}
