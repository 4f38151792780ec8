//go:build !race

package otelfile

const raceDetector = false
