//go:build race

package otelfile

// raceDetector says whether the tests run under the race detector, under which reading
// gigabytes takes ten times as long. Tests of memory have one goroutine: make test runs them
// without it.
const raceDetector = true
