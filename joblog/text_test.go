package joblog

import "testing"

func TestKlog(t *testing.T) {
	for _, test := range []struct {
		line, source, message string
		pid                   int64
	}{
		{"I0313 01:45:46.000000      38 local.go:42] ⚙️ make gcs-publish-ci", "local.go:42", "⚙️ make gcs-publish-ci", 38},
		{"  E0313 02:11:13.654321   12345 up.go:271] error running up", "up.go:271", "error running up", 12345},
		{"E20250313 01:45:46.123456   123 file.cc:12] failed", "file.cc:12", "failed", 123},
		{"W0313 01:45:46.768] Process did not finish before 1h0m0s timeout", "", "", 0},
		{"I0313 01:45:46.000000      38 no end of a source", "", "", 0},
		{"I0313 01:45:46.000000 99999999999 app.go:1] more than a process id", "", "", 0},
		{"I0313 01:45:46.000000      38", "", "", 0},
		{"Install it] now", "", "", 0},
		{"", "", "", 0},
	} {
		pid, source, message, ok := Klog([]byte(test.line))
		if pid != test.pid || string(source) != test.source || string(message) != test.message || ok != (test.source != "") {
			t.Errorf("%q: %d, %q, %q, %t", test.line, pid, source, message, ok)
		}
	}
}
