//go:build race

package query

// raceDetector reports whether the tests run under the race detector. Under it a sync.Pool
// drops some of its content.
const raceDetector = true
