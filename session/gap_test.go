package session

import (
	"testing"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// Lines behind a gap are known by their place, but not by their number.
func TestGaps(t *testing.T) {
	ref, err := link.Parse(prow.Instances{}, "gs://kubernetes-ci-logs/logs/x/7")
	if err != nil {
		t.Fatal(err)
	}
	const page = "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/x/7#1:build-log.txt%3A"
	const file = "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/logs/x/7/build-log.txt"
	l := &Log{
		Name: "build-log.txt", data: []byte("1\n2\n8\n9\n"), Size: 1000, Gaps: []Gap{{4, 100}, {106, 892}},
		run: ref.Run, turn: make(chan struct{}, 1),
	}
	lines, err := l.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		number  int
		exact   bool
		missing int64
		place   int64
		url     string
	}{
		{1, true, 0, 0, page + "1"}, {2, true, 0, 2, page + "2"}, {3, false, 100, 104, file}, {4, false, 892, 998, file},
	} {
		number, exact := lines.Number(i)
		if number != want.number || exact != want.exact || lines.Before(i) != want.missing || lines.Place(i) != want.place || lines.URL(i, i) != want.url {
			t.Errorf("line %d: number %d, exact %v, before it %d, place %d, %s", i, number, exact, lines.Before(i), lines.Place(i), lines.URL(i, i))
		}
	}
	if got := lines.URL(0, 1); got != page+"1-2" {
		t.Errorf("two lines: %s", got)
	}
}
