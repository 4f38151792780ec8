package fetch

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/objstore"
)

// isLog reports whether an object is a log.
func isLog(o objstore.Object) bool { return strings.HasSuffix(o.Name, "build-log.txt") }

// withLogs lets logs come beside the traces.
func withLogs(pool *Pool) Options { return Options{Logs: &ArtifactOptions{}, Pool: pool} }

// Traces do not wait for logs that are on their way; these are asked for once, and taken
// over from there.
func TestLogsBesideTraces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newStore(), openTest(t)
		putRun(s, testRun)
		begun := time.Now()
		s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
			if isLog(o) {
				time.Sleep(time.Hour)
			}
			return write(w, data)
		}
		res, err := c.Fetch(t.Context(), s, testRun, withLogs(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Close()
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("the traces took %v", d)
		}
		logs, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{})
		if err != nil || len(logs.Files) != 1 || readFile(t, logs.Files[0].Path) != "log" {
			t.Fatalf("logs %+v, %v", logs, err)
		}
		if d := time.Since(begun); d > time.Hour+time.Minute {
			t.Errorf("the log began %v after the traces", d-time.Hour)
		}
		if _, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{}); err != nil {
			t.Error(err)
		}
		var asked []string
		for _, r := range s.asked() {
			if strings.Contains(r, "build-log") || strings.HasPrefix(r, "listdir") {
				asked = append(asked, r)
			}
		}
		root := testRun.Bucket + "/" + testRun.Root
		if want := []string{"get " + root + "/build-log.txt", "list " + root + "/artifacts/**/build-log.txt", "listdir " + root + "/"}; !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	})
}

// Logs use what traces leave: no place while these want all, and a small share of what
// comes. Traces take ten seconds each.
func TestLogsLeaveRoom(t *testing.T) {
	const step = 32 << 10
	for _, tt := range []struct {
		name   string
		traces int
		places int
		late   time.Duration // of the listing, behind the first trace
		least  int64         // bytes of the log before the traces are there
		most   int64
		took   time.Duration
	}{
		{"places for all", 3, 10, 0, laneSpare, laneSpare + 3*320<<10/laneShare + step, 10 * time.Second},
		{"more traces than places", 8, 2, 0, 0, laneSpare + 8*320<<10/laneShare + step, 40 * time.Second}, // between two of them
		{"a place is given back", 7, 2, 5 * time.Second, laneSpare, laneSpare + 7*320<<10/laneShare + step, 40 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := newStore(), openTest(t)
				s.put(testRun.Bucket, testRun.Root+"/finished.json", "{}")
				for i := range tt.traces {
					s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/otlp/kops-%d.otel", testRun.Root, i), strings.Repeat("t", 320<<10))
				}
				s.put(testRun.Bucket, testRun.Root+"/build-log.txt", strings.Repeat("log line\n", 1<<20/9))
				s.onList = func(prefix string, n int) error {
					if n == 1 && strings.HasSuffix(prefix, "/otlp/") {
						time.Sleep(tt.late)
					}
					return nil
				}
				var came, before atomic.Int64 // bytes of the log
				var open atomic.Int64         // traces that are not there
				open.Store(int64(tt.traces))
				s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
					for len(data) > 0 {
						if !isLog(o) {
							time.Sleep(time.Second)
						}
						piece := data[:min(step, len(data))]
						if _, err := w.Write(piece); err != nil {
							return err
						}
						if data = data[len(piece):]; isLog(o) {
							came.Add(int64(len(piece)))
						}
					}
					if !isLog(o) && open.Add(-1) == 0 {
						before.Store(came.Load())
					}
					return nil
				}
				begun := time.Now()
				res, err := c.Fetch(t.Context(), s, testRun, withLogs(NewPool(tt.places)))
				if err != nil {
					t.Fatal(err)
				}
				defer res.Close()
				if took := time.Since(begun); took > tt.took+time.Second {
					t.Errorf("the traces took %v, want %v", took, tt.took)
				}
				if n := before.Load(); n > tt.most || n < tt.least {
					t.Errorf("%d bytes of the log came before the traces, want %d to %d", n, tt.least, tt.most)
				}
				if logs, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{}); err != nil || len(logs.Files) != 1 || !logs.Files[0].Whole() {
					t.Errorf("logs %+v, %v", logs, err)
				}
			})
		})
	}
}

// Logs that nobody takes are given up with the run, and leave nothing behind.
func TestLogsNobodyTakes(t *testing.T) {
	for _, ended := range []bool{true, false} {
		t.Run(fmt.Sprintf("they had come: %t", ended), func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			begun, goOn := make(chan struct{}), make(chan struct{})
			s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
				if isLog(o) {
					close(begun)
					<-goOn
				}
				return write(w, data)
			}
			res, err := c.Fetch(t.Context(), s, testRun, withLogs(nil))
			if err != nil {
				t.Fatal(err)
			}
			<-begun
			if ended {
				close(goOn)
				<-res.lane.ended
			} else {
				time.AfterFunc(10*time.Millisecond, func() { close(goOn) }) // whoever asked for it is gone
			}
			if err := res.Close(); err != nil {
				t.Error(err)
			}
			if left := names(t, res.Dir, "artifacts"); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// Which logs come first is known only behind the traces: where not all may come, they
// are only listed beside these. What is stored with gzip may need as much as any log.
func TestTooManyLogsBesideTraces(t *testing.T) { synctest.Test(t, tooManyLogs) }

func tooManyLogs(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	for i := range 9 {
		o := s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/t/s%d/build-log.txt", testRun.Root, i), zip("step\n"))
		o.ContentEncoding = "gzip"
		s.buckets[o.Bucket][o.Name] = memObject{o, s.buckets[o.Bucket][o.Name].data}
	}
	res, err := c.Fetch(t.Context(), s, testRun, withLogs(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	<-res.lane.ended
	for _, r := range s.asked() {
		if strings.HasPrefix(r, "get ") && strings.Contains(r, "build-log") {
			t.Errorf("beside the traces: %s", r)
		}
	}
	var order []string
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		order = append(order, o.Name)
		time.Sleep(time.Second)
		return write(w, data)
	}
	lastFirst := func(name string) int { return -strings.Count(name, "s8") }
	logs, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{Pool: NewPool(1), Order: lastFirst})
	if err != nil || len(logs.Files) != 10 {
		t.Errorf("logs %+v, %v", logs, err)
	}
	for _, r := range s.asked() {
		if !strings.HasPrefix(r, "get ") {
			t.Errorf("asked again: %s", r)
		}
	}
	if i := slices.IndexFunc(order, func(name string) bool { return strings.Contains(name, "s8") }); i < 0 || i >= logsParallel {
		t.Errorf("brought in the order %q", order)
	}
}

// What inflates to more than its room is kept as far as there is room: the bytes of all
// logs together never exceed their bound.
func TestGzipKeepsToTheRoom(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.delete(testRun.Bucket, testRun.Root+"/build-log.txt")
	for i := range 8 {
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/t/s%d/build-log.txt", testRun.Root, i), zip(numbered(300_000)))
	}
	logs := fetchLogs(t, c, s, ArtifactOptions{}, 4<<20, 1<<20, 10<<20)
	var sum int64
	for _, a := range logs.Files {
		n := int64(len(readFile(t, a.Path)))
		if n != heldBytes(a.Parts) || a.Size != 3_000_000 {
			t.Errorf("%s: %d bytes on disk, %v of %d", a.Name, n, a.Parts, a.Size)
		}
		sum += n
	}
	if sum > 10<<20 || sum < 6<<20 {
		t.Errorf("%d logs take %d bytes", len(logs.Files), sum)
	}
	lost := 0
	for _, l := range logs.Lost {
		lost += l.Files
	}
	for _, a := range logs.Files {
		if a.Whole() {
			lost++
		}
	}
	if lost != 8 {
		t.Errorf("%d of 8 logs are whole or said to be lost", lost)
	}
}
