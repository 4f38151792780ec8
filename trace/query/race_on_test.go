//go:build race

package query

// raceDetector says whether the tests run under the race detector, under which a
// sync.Pool forgets some of what it is given.
const raceDetector = true
