//go:build race

package triage_test

// raceDetector says whether the tests run under the race detector. Judging all cases again and
// again, a row at a time, is for make test to do without it.
const raceDetector = true
