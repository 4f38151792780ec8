package joblog

import (
	"bytes"
	"context"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The budgets: lines, times and severities at 400 MB/s on one core and fingerprints
// at 300 MB/s on each, in at most 32 B a line.
func BenchmarkIndex(b *testing.B) {
	forEachLog(b, func(b *testing.B, data []byte) {
		var l *Log
		var bounds bounds
		for b.Loop() {
			bounds.measure(b, data, func() { l, _ = Index(context.Background(), data, Options{Start: runStart, End: runEnd}) })
		}
		bounds.report(b)
		b.ReportMetric(bytesPerLine(data), "B/line")
		b.ReportMetric(float64(len(data))/float64(l.Len()), "log-B/line")
	})
}

// All processors work: MB/s is for one of them.
func BenchmarkFingerprints(b *testing.B) {
	forEachLog(b, func(b *testing.B, data []byte) {
		l := index(b, string(data), Options{Start: runStart, End: runEnd})
		var bounds bounds
		for b.Loop() {
			bounds.measure(b, data, func() {
				if _, err := l.Fingerprints(context.Background()); err != nil {
					b.Fatal(err)
				}
			})
		}
		bounds.report(b)
		b.SetBytes(int64(len(data)) / int64(runtime.GOMAXPROCS(0)))
	})
}

func BenchmarkFind(b *testing.B) {
	re := regexp.MustCompile(`(?i)quota '\w+' exceeded, no line has this`)
	forEachLog(b, func(b *testing.B, data []byte) {
		l := index(b, string(data), Options{Start: runStart, End: runEnd})
		for b.Loop() {
			for i, err := range l.Find(context.Background(), re, 0) {
				b.Fatal(i, err)
			}
		}
	})
}

// bounds are how many times as long something took as a pass that finds the lines: what
// machines and their load change least. Each is measured beside its pass.
type bounds []float64

func (all *bounds) measure(b *testing.B, data []byte, do func()) {
	b.StopTimer()
	began := time.Now()
	lines := bytes.Count(data, []byte{'\n'})
	for rest := data; ; lines-- {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			break
		}
		rest = rest[n+1:]
	}
	pass := time.Since(began)
	if lines != 0 {
		b.Fatal(lines)
	}
	b.StartTimer()
	began = time.Now()
	do()
	*all = append(*all, float64(time.Since(began))/float64(pass))
}

func (all bounds) report(b *testing.B) {
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], "x-lines")
}

// bytesPerLine is what a Log holds after a collection, with its fingerprints.
func bytesPerLine(data []byte) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l, _ := Index(context.Background(), data, Options{Start: runStart, End: runEnd})
	prints, _ := l.Fingerprints(context.Background())
	runtime.GC()
	runtime.ReadMemStats(&after)
	defer runtime.KeepAlive(prints)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(l.Len())
}

func forEachLog(b *testing.B, bench func(*testing.B, []byte)) {
	for _, log := range []struct {
		name  string
		forms []string
	}{{"klog", klogLines}, {"mixed", mixedLines}} {
		data := generate(64<<20, log.forms)
		b.Run(log.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			bench(b, data)
		})
	}
}

// generate returns a log of about size bytes; # in a form is a number from 10 to 59.
func generate(size int, forms []string) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.Grow(size + 1<<10)
	for b.Len() < size {
		for _, piece := range strings.SplitAfter(forms[random.IntN(len(forms))], "#") {
			text, numbered := strings.CutSuffix(piece, "#")
			b.WriteString(text)
			if numbered {
				b.WriteString(strconv.Itoa(10 + random.IntN(50)))
			}
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

var klogLines = []string{
	`I0313 01:#:#.####00      38 app.go:#] RunDir for this run: "/home/prow/go/src/k8s.io/kops/_rundir/5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"`,
	`I0313 01:#:#.####00   14653 reflector.go:#] "Watch close" reflector="k8s.io/client-go/informers/factory.go:150" type="*v1.Node" totalItems=#`,
	`W0313 01:#:#.####00       1 retry.go:#] will retry after #.#s: nodes "i-0a#b#c#d#" not found`,
	`E0313 01:#:#.####00       1 nestedpendingoperations.go:#] Operation for "{volumeName:kubernetes.io/configmap/#}" failed. No retries permitted until 2025-03-13 01:#:#.#`,
	`I0313 01:#:#.####00   14653 clusterloader.go:#] Load of namespace test-x#y-# is at #% of its pods, waiting for more`,
}

var mixedLines = append([]string{
	`INFO[2025-03-13T01:#:#Z] Running step e2e-aws-#.`,
	`+ kubectl --kubeconfig=/tmp/kubeconfig-# get nodes -o wide`,
	`    deployment.apps/coredns-#d#c#-x#k2p configured`,
	`{"level":"info","ts":"2025-03-13T01:#:#.###Z","caller":"etcdserver/server.go:#","msg":"compacted","revision":#}`,
	`  STEP: Creating a pod to test consume secrets @ 03/13/25 01:#:#.##1`,
	`passed: (#.#s) 2025-03-13T01:#:# "[sig-network] Services should serve a basic endpoint from pods [Conformance] [Suite:openshift/conformance/parallel]"`,
	`2025-03-13T01:#:#.###Z  INFO controller/controller.go:# Reconciling {"node": "ip-10-0-#-#", "attempt": #}`,
	`Mar 13 01:#:# ip-10-0-1-# kubelet[12#]: E0313 01:#:#.######    12# kubelet.go:2#] "Container runtime network not ready"`,
	`Downloading https://storage.googleapis.com/kops-ci/bin/1.#.0/linux/amd64/nodeup: #%`,
	``,
}, klogLines...)
