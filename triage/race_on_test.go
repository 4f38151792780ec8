//go:build race

package triage_test

// raceDetector reports whether the tests run under the race detector. The test that judges
// all cases repeatedly, a row at a time, is left to make test, which runs without it.
const raceDetector = true
