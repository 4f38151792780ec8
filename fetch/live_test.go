package fetch

import (
	"fmt"
	"strings"
	"testing"
)

// A running container's log grows in the cache, and gives way to the object.
func TestKeepLive(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.delete(testRun.Bucket, testRun.Root+"/finished.json")
	s.delete(testRun.Bucket, testRun.Root+"/build-log.txt")
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for _, tt := range []struct {
		text, want string
		lost       int
	}{
		{"", "0 []", 0}, {numbered(3), "30 [{0 30}]", 0}, {numbered(8), "80 [{0 80}]", 0}, {numbered(20), "200 [{0 20} {180 20}]", 1},
	} {
		d := c.onDemand(nil, res, ArtifactOptions{})
		d.whole, d.edge = 80, 25
		a, lost, err := d.keepLive(t.Context(), "build-log.txt", strings.NewReader(tt.text))
		if err != nil || fmt.Sprint(a.Size, " ", a.Parts) != tt.want || len(lost) != tt.lost || !a.Live || !a.Unchecked {
			t.Errorf("%+v, lost %v, %v; want %s", a, lost, err, tt.want)
		}
		if n := len(names(t, c.Dir(), "artifacts")); n != 1 {
			t.Errorf("%d files", n)
		}
	}
	if logs := res.Logs(); len(logs.Files) != 1 || !logs.Files[0].Live {
		t.Errorf("held: %+v", logs)
	}
	s.put(testRun.Bucket, testRun.Root+"/build-log.txt", "all of it")
	logs, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{})
	if err != nil || len(logs.Files) != 1 || logs.Files[0].Live || readFile(t, logs.Files[0].Path) != "all of it" {
		t.Errorf("at the end: %+v, %v", logs, err)
	}
}
