package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// A printer writes a log. It has the clock of the program that prints, and randomness that is the same each time.
type printer struct {
	bytes.Buffer
	now time.Time
	rng *rand.Rand
}

// newPrinter begins a log; the seed tells logs apart.
func newPrinter(seed string, begin time.Time) *printer {
	h := fnv.New64a()
	h.Write([]byte(seed))
	return &printer{now: begin.UTC(), rng: rand.New(rand.NewPCG(h.Sum64(), 2))}
}

// wait moves the clock on by about d.
func (p *printer) wait(d time.Duration) {
	p.now = p.now.Add(d*3/4 + time.Duration(p.rng.Int64N(int64(d)/2+1)))
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// klog writes a line in the form of Kubernetes' programs, which has neither year nor zone. place is file:line.
func (p *printer) klog(indent, severity string, pid int, place, format string, args ...any) {
	p.line("%s%s%s %7d %s] %s", indent, severity, p.now.Format("0102 15:04:05.000000"), pid, place, fmt.Sprintf(format, args...))
}

// step writes a line in which Ginkgo says what a spec does.
func (p *printer) step(format string, args ...any) {
	p.wait(20 * time.Millisecond)
	p.line("  STEP: %s @ %s", fmt.Sprintf(format, args...), p.now.Format(ginkgoTime))
}

// ginkgoTime is how Ginkgo writes times; it gives no zone.
const ginkgoTime = "01/02/06 15:04:05.000"

// seconds is a duration as JUnit has it, to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// suffix is what Kubernetes adds to generated names.
func (p *printer) suffix() string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	b := make([]byte, 5)
	for i := range b {
		b[i] = letters[p.rng.IntN(len(letters))]
	}
	return string(b)
}

// entrypointFailed is what Prow's entrypoint prints when the job's program ended with status 1.
func (p *printer) entrypointFailed() {
	p.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 1","file":"pkg/entrypoint/run.go",`+
		`"func":"entrypoint.Options.internalRun","level":"error","msg":"Error executing test process","severity":"error","time":"%s"}`,
		p.now.Format(time.RFC3339))
}
