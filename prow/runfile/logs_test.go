package runfile

import (
	"maps"
	"testing"
	"time"
)

func TestParseLog(t *testing.T) {
	for name, want := range map[string]LogOf{
		"build-log.txt":                         {},
		"e2e-build-log.txt":                     {Container: "e2e"},
		"a-b-build-log.txt":                     {Container: "a-b"},
		"artifacts/src/build-log.txt":           {Step: "src"},
		"artifacts/e2e-aws/setup/build-log.txt": {Test: "e2e-aws", Step: "setup"},
	} {
		of, ok := ParseLog(name)
		if kind, known := KindOf(name); !ok || of != want || !known || kind.Policy != OnDemand {
			t.Errorf("%s: %+v, %v; kind %+v", name, of, ok, kind)
		}
	}
	for _, name := range []string{"", "-build-log.txt", "x/build-log.txt", "build-log.txt.gz", "artifacts/build-log.txt", "artifacts//build-log.txt",
		"artifacts/a//build-log.txt", "artifacts/a/b/c/build-log.txt", "artifacts/a/x-build-log.txt", "A\x1b-build-log.txt"} {
		if of, ok := ParseLog(name); ok {
			t.Errorf("%q is the log of %+v", name, of)
		}
	}
}

func TestContainer(t *testing.T) {
	two := &Metadata{Pod: &Pod{Containers: []Container{{Name: "a", Role: RoleTest}, {Name: "b", Role: RoleTest}}}}
	one := &Metadata{Pod: &Pod{Containers: []Container{{Name: "proxy", Role: RoleHelper}, {Name: "main", Role: RoleTest}}}}
	for _, tt := range []struct {
		m    *Metadata
		of   LogOf
		want string
	}{
		{two, LogOf{Container: "b"}, "b"},
		{two, LogOf{}, ""},
		{one, LogOf{}, "main"},
		{one, LogOf{Step: "s"}, ""},
		{&Metadata{ProwJob: &ProwJob{Definition: configured("named")}}, LogOf{}, "test"},
		{&Metadata{}, LogOf{}, "test"},
		{nil, LogOf{}, ""},
	} {
		if got := tt.m.Container(tt.of); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.of, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	m := &Metadata{ProwJob: &ProwJob{Start: at(10), Completion: at(30)}, Finished: &Finished{Time: at(20)}}
	if start, end := m.Span(); !start.Equal(at(10)) || !end.Equal(at(30)) {
		t.Errorf("%v to %v", start, end)
	}
	if start, end := (&Metadata{}).Span(); !start.IsZero() || !end.IsZero() {
		t.Errorf("of nothing: %v to %v", start, end)
	}
}

func TestLogOrder(t *testing.T) {
	m := &Metadata{Steps: []Step{{Name: "src"}, {Name: "e2e", Failed: true, Steps: []Step{{Name: "e2e-setup"}, {Name: "e2e-test", Failed: true}}}}}
	order := m.LogOrder()
	for name, want := range map[string]int{
		"artifacts/e2e/test/build-log.txt": 0, "artifacts/e2e/build-log.txt": 0, "build-log.txt": 1,
		"artifacts/e2e/setup/build-log.txt": 2, "artifacts/src/build-log.txt": 2,
	} {
		if got := order(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	var none *Metadata
	if none.LogOrder()("build-log.txt") != 1 {
		t.Error("of nothing")
	}
}

func TestTestContainers(t *testing.T) {
	for _, tt := range []struct {
		m    *Metadata
		want map[string]string
	}{
		{&Metadata{}, map[string]string{"test": "build-log.txt"}},
		{&Metadata{ProwJob: &ProwJob{Definition: configured("main")}}, map[string]string{"test": "build-log.txt"}},
		{&Metadata{ProwJob: &ProwJob{Definition: configured("a", "b", "\x1b/..")}}, map[string]string{"a": "a-build-log.txt", "b": "b-build-log.txt"}},
		{&Metadata{Pod: &Pod{Containers: []Container{{Name: "main", Role: RoleTest}, {Name: "proxy", Role: RoleHelper}}}}, map[string]string{"main": "build-log.txt"}},
	} {
		if got := tt.m.TestContainers(); !maps.Equal(got, tt.want) {
			t.Errorf("%v, want %v", got, tt.want)
		}
	}
}
