package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"prowtrace/internal/gcstest"
)

// A set is what is fetched: trace files of one size in one run.
type set struct {
	name  string
	files int
	size  int64 // bytes of each
}

var sets = []set{
	{"A", 60, 200e3},
	{"B", 1000, 50e3},
	{"C", 5, 200e6},
	{"D", 5000, 20e3},
}

// The line. Its figures are those of a good office a continent away.
const (
	rtt     = 40 * time.Millisecond
	perConn = 20e6  // bytes a second
	total   = 200e6 // bytes a second
	page    = 1000  // objects that one answer to a listing can have
)

// concurrent is how many requests the bound has under way together.
const concurrent = 64

// bound is the time that a plain and tidy client needs which does one thing
// after the other, each as well as can be: connect (one round trip, one more for
// TLS 1.3), list page by page, ask for every file with 64 requests under way
// together, and receive all bytes at the rate of the line:
//
//	2 RTT + pages × RTT + max(1, files/64) × RTT + bytes / 200 MB/s
//
// A client that does these things at the same time can stay under it.
func (s set) bound(o options) time.Duration {
	pages := (s.files + page - 1) / page
	rounds := max(1, float64(s.files)/concurrent)
	return s.connect(o) + time.Duration(pages)*rtt + time.Duration(rounds*float64(rtt)) + s.receive()
}

// floor is what no client can stay under, however many connections it has:
// connect, wait for the first page, ask, and receive all bytes.
//
//	2 RTT + RTT + RTT + bytes / 200 MB/s
func (s set) floor(o options) time.Duration { return s.connect(o) + 2*rtt + s.receive() }

func (s set) connect(o options) time.Duration {
	if o.plain {
		return rtt
	}
	return 2 * rtt
}

func (s set) receive() time.Duration {
	return time.Duration(float64(s.files) * float64(s.size) / total * float64(time.Second))
}

const (
	bucket = "fetchbench"
	root   = "logs/e2e-fetchbench/1900000000000000001"
	folder = root + "/artifacts/otlp"
)

// logSize is how large each of the run's two logs is, in bytes.
const logSize = 25_000_000

// fill puts the set into the server's bucket, as the run of a job that has
// ended. Every object has bytes of its own, which do not compress; the memory is
// that of one object and a little.
func (s set) fill(server *gcstest.Server) {
	if s.size == 0 { // made elsewhere
		return
	}
	noise := make([]byte, s.size+int64(s.files))
	rand.NewChaCha8([32]byte{}).Read(noise)
	for i := range s.files {
		server.PutBytes(bucket, fmt.Sprintf("%s/kops-%05d-20250601T120000.otel", folder, i), noise[i:int64(i)+s.size])
	}
	for _, name := range []string{"build-log.txt", "artifacts/e2e/setup/build-log.txt"} {
		server.PutBytes(bucket, root+"/"+name, bytes.Repeat([]byte("I0601 12:00:00.000000      38 local.go:42] a line of a log\n"), logSize/60))
	}
	for _, name := range []string{"started.json", "finished.json", "prowjob.json", "podinfo.json", "clone-records.json", "sidecar-logs.json"} {
		server.PutBytes(bucket, root+"/"+name, []byte("{}\n"))
	}
}
