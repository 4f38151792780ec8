package diff

import (
	"reflect"
	"testing"

	"prowtrace/joblog"
)

func TestLinesBeside(t *testing.T) {
	index := func(s string) *joblog.Log {
		l, err := joblog.Index(t.Context(), []byte(s), joblog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	// good  start   waiting      waiting    done: 4 of 4
	// bad   start            quota  waiting waiting  exit
	good := index("start at 10:00:01\nwaiting for node a\nwaiting for node a\ndone: 4 of 4\n")
	bad := index("start at 11:30:09\nQuota exceeded\nwaiting for node a\nwaiting for node a\nexit\n")
	got, err := LinesBeside(t.Context(), good, bad)
	want := &Beside{Same: []Match{{0, 0, 1}, {1, 2, 2}}, New: []Lines{{1, 1}, {4, 4}}, Gone: []Lines{{3, 3}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if empty, err := LinesBeside(t.Context(), index(""), bad); err != nil || len(empty.Same) != 0 || !reflect.DeepEqual(empty.New, []Lines{{0, 4}}) || empty.Gone != nil {
		t.Errorf("against nothing: %+v, %v", empty, err)
	}
}

// Content beyond the bounds is reported, and content within them is right.
func TestBesideBounds(t *testing.T) {
	good, bad := []uint64{1, 2, 3, 4, 5, 6}, []uint64{1, 9, 3, 9, 5, 9, 7}
	for _, c := range []struct {
		lines, matches int
		want           *Beside
	}{
		{100, 100, &Beside{Same: []Match{{0, 0, 1}, {2, 2, 1}, {4, 4, 1}}, New: []Lines{{1, 1}, {3, 3}, {5, 6}}, Gone: []Lines{{1, 1}, {3, 3}, {5, 5}}}},
		{3, 100, &Beside{Same: []Match{{0, 0, 1}, {2, 2, 1}}, New: []Lines{{1, 1}}, Gone: []Lines{{1, 1}}, Cut: true}},
		{100, 2, &Beside{Same: []Match{{0, 0, 1}, {2, 2, 1}}, New: []Lines{{1, 1}, {3, 3}}, Gone: []Lines{{1, 1}, {3, 3}}, Cut: true}},
	} {
		got, err := beside(t.Context(), good, bad, c.lines, c.matches)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d lines, %d matches: %+v, %v, want %+v", c.lines, c.matches, got, err, c.want)
		}
	}
}

func TestSameLog(t *testing.T) {
	others := []string{"artifacts/e2e-1a2b3c4d/build-log.txt", "build-log.txt", "artifacts/other/journal.log"}
	for name, want := range map[string]int{"build-log.txt": 1, "artifacts/e2e-9f8e7d6c/build-log.txt": 0, "artifacts/x/journal.log": 2, "unlike.txt": 0} {
		if got := SameLog(name, others); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if got := SameLog("a", nil); got != -1 {
		t.Errorf("without logs: %d", got)
	}
}
